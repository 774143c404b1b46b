"""Protocols by which the stand-alone networks of a table are trained."""

from dataclasses import dataclass

from benchmarks.errors import unknown


@dataclass(frozen=True, kw_only=True)
class TrainingProtocol:
    """The settings of a training: SGD with Nesterov momentum, cosine schedule, cross-entropy.

    The size of the network is the space's: `SearchSpace.network_sizes`.
    """

    name: str
    epochs: int
    early_epochs: int
    """Epochs after which validation accuracy is a score that a search can afford."""
    batch_size: int
    """A smaller last batch is dropped, since BatchNorm needs a full one."""
    learning_rate: float
    """Initial value; annealed to zero along half a cosine, step by step."""
    momentum: float = 0.9
    weight_decay: float = 5e-4
    """Applied to every parameter. Momentum and weight decay: NAS-Bench-201 paper, table 1."""


SEEDING = "stream-prefix"
"""Name of the way in which a training's seed gives random numbers; see `training._generator`. A
training by another way is another training, so that tables and trainings are never mixed up."""

SEEDS = 1 << 24
"""Number of seeds that give different random numbers that way: 0 to SEEDS - 1."""

PROTOCOLS = {
    each.name: each
    for each in (
        TrainingProtocol(
            name="tiny",
            epochs=10,
            early_epochs=3,
            batch_size=50,
            learning_rate=0.3,
        ),
    )
}


def protocol(name: str) -> TrainingProtocol:
    """Return the training protocol of that name; UserError if there is none."""
    if name not in PROTOCOLS:
        raise unknown("training protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


def evaluations_per_image(split: str, noise: float) -> int:
    """Return how often each image of a split is evaluated, each time with independent noise.

    Test accuracy is the ground truth, and with a single draw of the noise, that draw would account
    for most of the spread between seeds. Validation must be cheap enough for every epoch.
    """
    return 4 if noise and split == "test" else 1
