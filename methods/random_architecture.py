"""One architecture, drawn uniformly: the baseline against which a search has to show its worth.

Yu, Sciuto, Jaggi, Musat and Salzmann, "Evaluating the Search Phase of Neural Architecture Search",
ICLR 2020; Yang, Esperanca and Carlucci, "NAS evaluation is frustratingly hard", ICLR 2020.
"""

from dataclasses import dataclass
from typing import Any

from benchmarks.datasets import Dataset
from benchmarks.spaces.space import SearchSpace
from methods.method import Outcome, Task


class RandomArchitecture:
    """A single random draw."""

    name = "random"
    version = "1"
    uses_device = False

    @dataclass(frozen=True)
    class Settings:
        """No settings."""

    @staticmethod
    def supports(space: SearchSpace) -> str | None:
        """Support every space."""
        return None

    @staticmethod
    def expected_seconds(settings: Any, device: str, dataset: Dataset) -> float:
        """Estimate a millisecond."""
        return 1e-3

    def rehearse(self, task: Task) -> None:
        """Need nothing."""

    def search(self, task: Task) -> Outcome:
        """Draw one architecture."""
        return Outcome(task.space.sample(task.rng("sampling")))
