"""The rule of the statistics layer where all recorded searches are equal, as after a collapse.

There is no spread to compare with, so what counts is how many searches differ from the recorded
ones: the exact chance that all of those are fresh ones, if nothing changed (Fisher 1935).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.guard.statistics import Rule, Verdict


@dataclass(frozen=True)
class Comparison:
    """Fresh accuracies against recorded ones that are all equal. Percent."""

    value: float
    """That all recorded ones have."""
    recorded: int
    fresh: tuple[float, ...]
    differing: int
    """Of the fresh ones."""
    verdict: Verdict

    def __str__(self) -> str:
        """In words."""
        told = (
            f"{self.differing} of {len(self.fresh)} differ from the {self.recorded} recorded ones, "
            f"which are all {self.value:.2f}"
        )
        if not self.differing:
            return told
        once_in = 1 / chance(self.differing, self.recorded, len(self.fresh))
        return f"{told}; by luck that is so once in {once_in:.0f}"


def first(recorded: Sequence[float], fresh: Sequence[float], rule: Rule) -> Comparison:
    """The first look: one search that differs is enough for a second."""
    return _compare(recorded, fresh, rule, highest_chance=1.0)


def both(recorded: Sequence[float], fresh: Sequence[float], rule: Rule) -> Comparison:
    """The second look, by all fresh searches of both."""
    return _compare(recorded, fresh, rule, highest_chance=rule.level / rule.guards)


def can_tell(recorded: int, fresh: int, rule: Rule) -> bool:
    """Whether so many searches could show anything.

    Four recorded ones cannot: that all of eight fresh ones differ has a chance of 1 in 495.
    """
    return chance(fresh, recorded, fresh) < rule.level / rule.guards


def chance(differing: int, recorded: int, fresh: int) -> float:
    """That all of the `differing` searches are fresh ones, if it could be any of them."""
    return math.comb(fresh, differing) / math.comb(recorded + fresh, differing)


def _compare(
    recorded: Sequence[float], fresh: Sequence[float], rule: Rule, highest_chance: float
) -> Comparison:
    value, after = float(recorded[0]), np.asarray(fresh, np.float64)
    margin = max(rule.delta, 1e-9)  # accuracies are stored in double precision
    differing = after[np.abs(after - value) > margin]
    verdict: Verdict = "kept"
    if len(differing) and chance(len(differing), len(recorded), len(after)) < highest_chance:
        verdict = "dropped" if differing.mean() < value else "improved"
    return Comparison(value, len(recorded), tuple(after.tolist()), len(differing), verdict)
