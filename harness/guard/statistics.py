"""The third layer: the accuracy of fresh seeds against that of the recorded ones.

With n0 recorded accuracies of mean m0 and standard deviation s0, a look at n1 fresh ones of mean m1
sees a drop where m0 - m1 > t s0 sqrt(1/n0 + 1/n1) + delta. A method has dropped where two looks see
it, at seeds that were named when the baseline was recorded. The level is that of the whole run: the
methods that are guarded together share it, and t is such that both looks of a method see a drop
that is none with a chance of level / guards.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from scipy import integrate, optimize, special, stats

from reports.statistics import is_constant

Verdict = Literal["kept", "dropped", "improved"]

_NODES = 80  # of the integral over the recorded mean


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


@cache
def factor(recorded: int, fresh: int, rule: Rule) -> float:
    """How many recorded standard deviations the means of a look may differ by, delta left out."""
    level, error = rule.level / rule.guards, _error(recorded, fresh)
    highest = factor_of_one_look(recorded, fresh, rule) / error
    found = optimize.root_scalar(
        lambda t: chance_of_both(t, recorded, fresh) - level, bracket=(0.0, highest)
    )
    return found.root * error


def factor_of_one_look(recorded: int, fresh: int, rule: Rule) -> float:
    """The same if one look had the whole level, as in a t test of a new value."""
    quantile = stats.t.isf(rule.level / rule.guards, recorded - 1)
    return float(quantile) * _error(recorded, fresh)


def chance_of_both(quantile: float, recorded: int, fresh: int) -> float:
    """The chance that two looks exceed a quantile where nothing changed.

    Exact for normally distributed accuracies. The looks share the recorded mean and standard
    deviation, so it is more than the square of one look's chance: given those two, the looks are
    independent, and the square is averaged over both.
    """
    deviations, weights = np.polynomial.hermite_e.hermegauss(_NODES)

    def given_the_spread(share: float) -> float:
        spread = math.sqrt(special.chdtri(recorded - 1, 1 - share) / (recorded - 1))
        allowed = quantile * _error(recorded, fresh) * spread
        one = special.ndtr((deviations / math.sqrt(recorded) - allowed) * math.sqrt(fresh))
        return float(one**2 @ weights / weights.sum())

    return integrate.quad(given_the_spread, 0, 1, epsabs=1e-9, limit=200)[0]


def look(recorded: Sequence[float], fresh: Sequence[float], rule: Rule) -> Look:
    """Compare fresh accuracies with recorded ones.

    Where all recorded ones are equal there is no spread to compare with: one fresh value that
    differs is enough for a second look, at which all fresh values decide (`confirm`).
    """
    before, after = _array(recorded), _array(fresh)
    if is_constant(before):
        threshold = math.nan
        value, margin = before[0], _margin(rule)
        verdict = _side(float(value - after.min()), float(after.max() - value), margin)
    else:
        threshold = factor(len(before), len(after), rule) * before.std(ddof=1) + rule.delta
        difference = float(after.mean() - before.mean())
        verdict = _side(-difference, difference, threshold)
    return Look(tuple(before.tolist()), tuple(after.tolist()), float(threshold), verdict)


def confirm(first: Look, fresh: Sequence[float], rule: Rule) -> Look:
    """The second look, after one that saw something."""
    if not is_constant(_array(first.recorded)):
        return look(first.recorded, fresh, rule)
    value, margin, after = first.recorded[0], _margin(rule), _array([*first.fresh, *fresh])
    verdicts: Sequence[tuple[Verdict, int]] = (
        ("dropped", int((after < value - margin).sum())),
        ("improved", int((after > value + margin).sum())),
    )
    for verdict, differing in verdicts:
        if differing and (
            chance_of_fresh(differing, len(first.recorded), len(after)) < rule.level / rule.guards
        ):
            return Look(first.recorded, tuple(after.tolist()), math.nan, verdict)
    return Look(first.recorded, tuple(after.tolist()), math.nan, "kept")


def can_confirm(recorded: Sequence[float], fresh: int, rule: Rule) -> bool:
    """Whether so many fresh values in two looks could show anything.

    Four equal recorded values cannot: that all of eight fresh ones differ has a chance of 1 in 495.
    """
    if not is_constant(_array(recorded)):
        return True
    return chance_of_fresh(fresh, len(recorded), fresh) < rule.level / rule.guards


def chance_of_fresh(differing: int, recorded: int, fresh: int) -> float:
    """The chance that all of the `differing` searches among others that are equal are fresh ones.

    Exact, if recorded and fresh searches come from the same distribution (Fisher 1935).
    """
    return math.comb(fresh, differing) / math.comb(recorded + fresh, differing)


def _error(recorded: int, fresh: int) -> float:
    """Of the difference of two means, in standard deviations of a search."""
    return math.sqrt(1 / recorded + 1 / fresh)


def _margin(rule: Rule) -> float:
    return max(rule.delta, 1e-9)  # accuracies are stored in double precision


def _side(drop: float, gain: float, threshold: float) -> Verdict:
    if drop > threshold:
        return "dropped"
    return "improved" if gain > threshold else "kept"


def _array(values: Sequence[float]) -> np.ndarray:
    return np.asarray(values, np.float64)
