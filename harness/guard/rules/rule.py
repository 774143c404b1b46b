"""Parameters that the statistical rules share, fixed before the guard runs."""

from dataclasses import dataclass
from typing import Literal

from benchmarks.metric import ACCURACY, Metric

Verdict = Literal["kept", "worse", "better"]


@dataclass(frozen=True)
class Rule:
    """The level of a run of the guard, and how many methods share it."""

    level: float
    """Chance of a false alarm in the whole run."""
    methods: int
    """Methods that share the level."""
    delta: float = 0.0
    """Change that does not matter, in the unit of the metric's differences."""
    metric: Metric = ACCURACY
    """What the searches are measured in."""

    def verdict(self, fresh: float, recorded: float) -> Verdict:
        """Return in which direction a fresh value, which is known to differ, has changed."""
        return "better" if self.metric.is_better(fresh, recorded) else "worse"

    @property
    def level_of_method(self) -> float:
        """Chance of a false alarm for one method."""
        return self.level / self.methods
