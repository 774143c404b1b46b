"""Which number of a table is meant."""

from dataclasses import dataclass
from typing import Literal

UNKNOWN_SEED: Literal["unknown"] = "unknown"
"""Stands for the seed of an architecture's only training where its source does not tell it."""


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
    seed: int | Literal["unknown"] | None
    """The training seed, or `UNKNOWN_SEED`; None is the mean over all seeds that the table has."""

    @property
    def trainings(self) -> str:
        """The trainings that the number is of, in words."""
        if self.seed is None:
            return "mean of training seeds"
        return "one training" if self.seed == UNKNOWN_SEED else f"training seed {self.seed}"

    def __str__(self) -> str:
        return f"{self.dataset}/{self.split}, {self.epochs} epochs, {self.trainings}"
