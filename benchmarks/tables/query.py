"""The key of one value in a table."""

from dataclasses import dataclass
from typing import Literal

UNKNOWN_SEED: Literal["unknown"] = "unknown"
"""The seed of an architecture's only training, if the source does not state it."""


@dataclass(frozen=True)
class Query:
    """The key of one value per architecture, without defaults, so that no choice is implicit."""

    dataset: str
    """The benchmark's key, which says what the network was trained on: 'cifar10-valid' is half
    of CIFAR-10's training set, 'cifar10' all of it."""
    split: str
    """What it was evaluated on, in the benchmark's words: 'x-valid', 'x-test', 'ori-test'."""
    epochs: int
    """Length of the training, not a point on the curve of a longer one."""
    seed: int | Literal["unknown"] | None
    """Training seed, or `UNKNOWN_SEED`; None for the mean over all seeds in the table."""

    @property
    def trainings(self) -> str:
        """Description of the trainings behind the value."""
        if self.seed is None:
            return "mean of training seeds"
        return "one training" if self.seed == UNKNOWN_SEED else f"training seed {self.seed}"

    def __str__(self) -> str:
        return f"{self.dataset}/{self.split}, {self.epochs} epochs, {self.trainings}"
