"""How the stand-alone networks behind a table are trained."""

from dataclasses import dataclass

from benchmarks.errors import unknown


@dataclass(frozen=True, kw_only=True)
class TrainingProtocol:
    """Every setting of one training: SGD with Nesterov momentum, cosine to zero, cross-entropy."""

    name: str
    channels: int
    """C of the network's first stage."""
    cells_per_stage: int
    """N."""
    epochs: int
    early_epochs: int
    """After so many epochs validation accuracy is a score that a search can afford."""
    batch_size: int
    """A last batch that is smaller is left out, since BatchNorm needs a full one."""
    learning_rate: float
    """Of the first step; falls to zero along half a cosine, step by step."""
    momentum: float = 0.9
    weight_decay: float = 5e-4
    """On every parameter; as momentum, the NAS-Bench-201 paper's (table 1)."""


PROTOCOLS = {
    each.name: each
    for each in (
        TrainingProtocol(
            name="tiny",
            channels=8,
            cells_per_stage=1,
            epochs=10,
            early_epochs=3,
            batch_size=50,
            learning_rate=0.3,
        ),
    )
}


def protocol(name: str) -> TrainingProtocol:
    """The training protocol of that name; UserError where there is none."""
    if name not in PROTOCOLS:
        raise unknown("training protocol", name, PROTOCOLS)
    return PROTOCOLS[name]


def draws(part: str, noise: float) -> int:
    """How often an image of a part is evaluated, each time under noise of its own.

    Test accuracy is the ground truth, and one draw of noise would be most of what seeds differ by;
    validation is what a search may afford after every epoch.
    """
    return 4 if noise and part == "test" else 1
