"""The rule for recorded values that are all equal, as after a collapse: counts differences.

Without a spread to compare with, what counts is how many searches differ from the recorded value:
the exact probability that all of those are fresh, if nothing changed (Fisher 1935).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.metric import Metric
from harness.guard.rules.rule import Rule, Verdict


@dataclass(frozen=True)
class EqualComparison:
    """Fresh values against equal recorded ones."""

    value: float
    """Recorded value of every search."""
    recorded: int
    fresh: tuple[float, ...]
    differing: int
    """Fresh searches that differ."""
    verdict: Verdict
    metric: Metric

    def __str__(self) -> str:
        """Counts and their probability in one line."""
        counts = (
            f"{self.differing} of {len(self.fresh)} differ from the {self.recorded} recorded ones, "
            f"which are all {self.metric.digits(self.value)}"
        )
        if not self.differing:
            return counts
        once_in = 1 / chance(self.differing, self.recorded, len(self.fresh))
        return f"{counts}; the probability of that by chance is 1 in {once_in:.0f}"


def compare_first_look(
    recorded: Sequence[float], fresh: Sequence[float], rule: Rule
) -> EqualComparison:
    """Compare the first look: a single differing search causes a second."""
    return _compare(recorded, fresh, rule, highest_chance=1.0)


def compare_both_looks(
    recorded: Sequence[float], fresh: Sequence[float], rule: Rule
) -> EqualComparison:
    """Compare the fresh searches of both looks together."""
    return _compare(recorded, fresh, rule, highest_chance=rule.level_of_method)


def can_detect(recorded: int, fresh: int, rule: Rule) -> bool:
    """Whether so few searches could show any change.

    Four recorded ones cannot for seven methods: that all of eight fresh ones differ has a
    probability of 1 in 495.
    """
    return chance(fresh, recorded, fresh) < rule.level_of_method


def chance(differing: int, recorded: int, fresh: int) -> float:
    """Return the probability that all differing searches are fresh, if any could differ."""
    return math.comb(fresh, differing) / math.comb(recorded + fresh, differing)


def _compare(
    recorded: Sequence[float], fresh: Sequence[float], rule: Rule, highest_chance: float
) -> EqualComparison:
    value, after = float(recorded[0]), np.asarray(fresh, np.float64)
    margin = max(rule.delta, 1e-9)  # values are stored in double precision
    differing = after[np.abs(after - value) > margin]
    verdict: Verdict = "kept"
    if len(differing) and chance(len(differing), len(recorded), len(after)) < highest_chance:
        verdict = rule.verdict(float(differing.mean()), value)
    return EqualComparison(
        value, len(recorded), tuple(after.tolist()), len(differing), verdict, rule.metric
    )
