"""The third layer: the accuracy of fresh seeds against that of the recorded ones.

With n0 recorded accuracies of mean m0 and standard deviation s0, and n1 fresh ones of mean m1, a
method has dropped where m0 - m1 > t s0 sqrt(1/n0 + 1/n1) + delta, t being Student's quantile with
n0 - 1 degrees of freedom at 1 - level / guards. The level is that of the whole run: the methods
that are guarded together share it. A drop is looked at once more, with seeds that were named when
the baseline was recorded, and all fresh seeds together decide.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike
from scipy import stats

from reports.statistics import is_constant

Verdict = Literal["kept", "dropped", "improved"]


@dataclass(frozen=True)
class Rule:
    """What is fixed before a run."""

    level: float
    """Of all guards of the run together."""
    guards: int
    """Methods that are guarded together."""
    delta: float = 0.0
    """A drop that does not matter, points."""


@dataclass(frozen=True)
class Look:
    """One comparison. Accuracies in percent, differences in points."""

    recorded: tuple[float, ...]
    fresh: tuple[float, ...]
    threshold: float
    """What the means may differ by; NaN where all recorded values are equal."""
    verdict: Verdict

    @property
    def difference(self) -> float:
        """Mean of the fresh values minus that of the recorded ones."""
        return float(np.mean(self.fresh) - np.mean(self.recorded))

    @property
    def spread(self) -> float:
        """Standard deviation of the recorded values."""
        return float(np.std(self.recorded, ddof=1))

    def __str__(self) -> str:
        """In words."""
        return (
            f"{np.mean(self.fresh):.2f} (n={len(self.fresh)}) against "
            f"{np.mean(self.recorded):.2f} (n={len(self.recorded)}, sd {self.spread:.2f}): "
            f"{self.difference:+.2f} points, {self._allowance()}"
        )

    def _allowance(self) -> str:
        if math.isnan(self.threshold):
            return "every recorded search being equal"
        told = f"a drop of {self.threshold:.2f} is seen"
        return told + (f" ({self.threshold / self.spread:.2f} sd)" if self.spread else "")


def factor(recorded: int, fresh: int, rule: Rule) -> float:
    """How many recorded standard deviations the means may differ by, delta left out."""
    quantile = stats.t.ppf(1 - rule.level / rule.guards, recorded - 1)
    return float(quantile) * math.sqrt(1 / recorded + 1 / fresh)


def look(recorded: ArrayLike, fresh: ArrayLike, rule: Rule) -> Look:
    """Compare fresh accuracies, shape (n1,), with recorded ones, shape (n0,)."""
    before, after = np.asarray(recorded, np.float64), np.asarray(fresh, np.float64)
    if is_constant(before):
        threshold, verdict = math.nan, _against_a_constant(before, after, rule)
    else:
        threshold = factor(len(before), len(after), rule) * before.std(ddof=1) + rule.delta
        difference = after.mean() - before.mean()
        verdict = (
            "dropped"
            if -difference > threshold
            else "improved"
            if difference > threshold
            else "kept"
        )
    return Look(tuple(before.tolist()), tuple(after.tolist()), float(threshold), verdict)


def chance_of_lower(lower: int, recorded: int, fresh: int) -> float:
    """The chance that all of the `lower` searches that differ from the others are fresh ones.

    Exact, if recorded and fresh searches come from the same distribution (Fisher 1935). It stands
    in for the t rule where all recorded values are equal and so say nothing of their spread.
    """
    return math.comb(fresh, lower) / math.comb(recorded + fresh, lower)


def _against_a_constant(before: np.ndarray, after: np.ndarray, rule: Rule) -> Verdict:
    value = before[0]
    margin = max(rule.delta, 1e-9)  # accuracies are stored in double precision
    verdicts: Sequence[tuple[Verdict, int]] = (
        ("dropped", int((after < value - margin).sum())),
        ("improved", int((after > value + margin).sum())),
    )
    for verdict, count in verdicts:
        if count and chance_of_lower(count, len(before), len(after)) < rule.level / rule.guards:
            return verdict
    return "kept"
