"""The rule for recorded values that differ among themselves: compares means.

With n0 recorded values of mean m0 and standard deviation s0, a look at n1 fresh ones of mean m1
sees a drop if m0 - m1 > t s0 sqrt(1/n0 + 1/n1) + delta. Where lower values are better, it is a rise
that counts, and "drop" stands for it here. A method has dropped if two looks see it,
at seeds that were fixed when the baseline was recorded. The level applies to the whole run: the
methods that are guarded together share it, and t is such that both looks of an unchanged method see
a drop with probability level / methods. A single look at that level, the usual t test of a new
mean, needs a larger t and misses more (`simulation`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from scipy import integrate, optimize, special, stats

from benchmarks.metric import Metric
from harness.guard.rules.rule import Rule, Verdict

_NODES = 80  # of the integral over the recorded mean


@dataclass(frozen=True)
class MeanComparison:
    """One look."""

    recorded: tuple[float, ...]
    fresh: tuple[float, ...]
    allowed: float
    """Largest difference of the means that is kept."""
    detectable: float
    """Drop that both looks see in 80 of 100 runs."""
    verdict: Verdict
    metric: Metric

    @property
    def difference(self) -> float:
        """Mean of the fresh values minus that of the recorded ones."""
        return float(np.mean(self.fresh) - np.mean(self.recorded))

    @property
    def spread(self) -> float:
        """Standard deviation of the recorded values."""
        return float(np.std(self.recorded, ddof=1))

    def __str__(self) -> str:
        """Means, sizes and limits in one line."""
        metric, digits = self.metric, self.metric.digits
        unit = f" {metric.difference_unit}" if metric.difference_unit else ""
        return (
            f"{digits(float(np.mean(self.fresh)))} (n={len(self.fresh)}) against "
            f"{digits(float(np.mean(self.recorded)))} (n={len(self.recorded)}, "
            f"sd {digits(self.spread)}): "
            f"{self.difference:+.{metric.decimals}f}{unit} of {digits(self.allowed)} allowed; "
            f"a {metric.worsening} of {digits(self.detectable)} is detected in 8 of 10 runs"
        )


def compare_means(recorded: Sequence[float], fresh: Sequence[float], rule: Rule) -> MeanComparison:
    """Compare fresh values with recorded ones that are not all equal."""
    before, after = np.asarray(recorded, np.float64), np.asarray(fresh, np.float64)
    spread, sizes = float(before.std(ddof=1)), (len(before), len(after))
    allowed = allowed_deviations(*sizes, rule) * spread + rule.delta
    difference = float(after.mean() - before.mean())
    verdict: Verdict = "kept"
    if abs(difference) > allowed:
        verdict = rule.verdict(float(after.mean()), float(before.mean()))
    return MeanComparison(
        tuple(before.tolist()),
        tuple(after.tolist()),
        allowed,
        detectable_deviations(*sizes, rule) * spread + rule.delta,
        verdict,
        rule.metric,
    )


@cache
def allowed_deviations(recorded: int, fresh: int, rule: Rule) -> float:
    """Return how many recorded standard deviations the means of a look may differ by.

    Delta is not included.
    """
    error = _standard_error(recorded, fresh)
    found = optimize.root_scalar(
        lambda t: chance_of_both_looks(t, recorded, fresh) - rule.level_of_method,
        bracket=(0.0, allowed_deviations_of_single_look(recorded, fresh, rule) / error),
    )
    return found.root * error


def allowed_deviations_of_single_look(recorded: int, fresh: int, rule: Rule) -> float:
    """Return the same if a single look had the whole level."""
    t = stats.t.isf(rule.level_of_method, recorded - 1)
    return float(t) * _standard_error(recorded, fresh)


@cache
def detectable_deviations(recorded: int, fresh: int, rule: Rule, power: float = 0.8) -> float:
    """Return the drop that both looks see in a share `power` of runs, in standard deviations."""
    t = allowed_deviations(recorded, fresh, rule) / _standard_error(recorded, fresh)
    found = optimize.root_scalar(
        lambda drop: chance_of_both_looks(t, recorded, fresh, drop) - power, bracket=(0.0, 100.0)
    )
    return found.root


def chance_of_both_looks(t: float, recorded: int, fresh: int, drop: float = 0.0) -> float:
    """Return the probability that two looks exceed t, after a drop in standard deviations.

    Exact for normally distributed values. The looks share the recorded mean and standard
    deviation, so it is more than the square of one look's probability: given those two, the looks
    are independent, and the square is averaged over both.
    """
    deviations, weights = np.polynomial.hermite_e.hermegauss(_NODES)

    def given_the_spread(share: float) -> float:
        spread = math.sqrt(special.chdtri(recorded - 1, 1 - share) / (recorded - 1))
        allowed = t * _standard_error(recorded, fresh) * spread
        one = special.ndtr((deviations / math.sqrt(recorded) + drop - allowed) * math.sqrt(fresh))
        return float(one**2 @ weights / weights.sum())

    return integrate.quad(given_the_spread, 0, 1, epsabs=1e-9, limit=200)[0]


def _standard_error(recorded: int, fresh: int) -> float:
    """Of the difference of two means, in standard deviations of a search."""
    return math.sqrt(1 / recorded + 1 / fresh)
