"""Parameters that the statistical rules share, fixed before the guard runs."""

from dataclasses import dataclass
from typing import Literal

Verdict = Literal["kept", "dropped", "improved"]


@dataclass(frozen=True)
class Rule:
    """The level of a run of the guard, and how many methods share it."""

    level: float
    """Chance of a false alarm in the whole run."""
    methods: int
    """Methods that share the level."""
    delta: float = 0.0
    """Drop that does not matter, in points."""

    @property
    def level_of_method(self) -> float:
        """Chance of a false alarm for one method."""
        return self.level / self.methods
