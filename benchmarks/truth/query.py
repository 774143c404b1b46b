"""Which number of a table is meant."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Query:
    """One accuracy of every architecture; nothing has a default, so nothing is chosen silently."""

    dataset: str
    """The benchmark's own key, which says what the network was trained on: 'cifar10-valid' is half
    of CIFAR-10's training set, 'cifar10' all of it."""
    split: str
    """What it was evaluated on, in the benchmark's words: 'x-valid', 'x-test', 'ori-test'."""
    epochs: int
    """The length of the training, not a point on the curve of a longer one."""
    seed: int | None
    """The training seed; None is the mean over all seeds that the table has."""

    def __str__(self) -> str:
        seed = "mean of training seeds" if self.seed is None else f"training seed {self.seed}"
        return f"{self.dataset}/{self.split}, {self.epochs} epochs, {seed}"
