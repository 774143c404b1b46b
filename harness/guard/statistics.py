"""The rule of the statistics layer, for recorded accuracies that differ among themselves.

With n0 recorded accuracies of mean m0 and standard deviation s0, a look at n1 fresh ones of mean m1
sees a drop where m0 - m1 > t s0 sqrt(1/n0 + 1/n1) + delta. A method has dropped where two looks see
it, at seeds that were named when the baseline was recorded. The level is that of the whole run: the
methods that are guarded together share it, and t is such that both looks of a method see a drop
that is none with a chance of level / guards. One look at that level, the usual t test of a new
mean, would need a larger t and overlook more (`simulation`).
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from typing import Literal

import numpy as np
from scipy import integrate, optimize, special, stats

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
    allowed: float
    """What the means may differ by."""
    detectable: float
    """The drop that both looks see in 80 of 100 runs."""
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
            f"{self.difference:+.2f} points of {self.allowed:.2f} allowed; "
            f"a drop of {self.detectable:.2f} is found in 8 of 10 runs"
        )


@cache
def factor(recorded: int, fresh: int, rule: Rule) -> float:
    """How many recorded standard deviations the means of a look may differ by, delta left out."""
    level, error = rule.level / rule.guards, _error(recorded, fresh)
    found = optimize.root_scalar(
        lambda t: chance_of_both(t, recorded, fresh) - level,
        bracket=(0.0, factor_of_one_look(recorded, fresh, rule) / error),
    )
    return found.root * error


def factor_of_one_look(recorded: int, fresh: int, rule: Rule) -> float:
    """The same if one look had the whole level."""
    t = stats.t.isf(rule.level / rule.guards, recorded - 1)
    return float(t) * _error(recorded, fresh)


@cache
def detectable(recorded: int, fresh: int, rule: Rule, power: float = 0.8) -> float:
    """The drop that both looks see in a share `power` of runs, in standard deviations."""
    t = factor(recorded, fresh, rule) / _error(recorded, fresh)
    found = optimize.root_scalar(
        lambda drop: chance_of_both(t, recorded, fresh, drop) - power, bracket=(0.0, 100.0)
    )
    return found.root


def chance_of_both(t: float, recorded: int, fresh: int, drop: float = 0.0) -> float:
    """The chance that two looks exceed t, after a drop of so many standard deviations.

    Exact for normally distributed accuracies. The looks share the recorded mean and standard
    deviation, so it is more than the square of one look's chance: given those two, the looks are
    independent, and the square is averaged over both.
    """
    deviations, weights = np.polynomial.hermite_e.hermegauss(_NODES)

    def given_the_spread(share: float) -> float:
        spread = math.sqrt(special.chdtri(recorded - 1, 1 - share) / (recorded - 1))
        allowed = t * _error(recorded, fresh) * spread
        one = special.ndtr((deviations / math.sqrt(recorded) + drop - allowed) * math.sqrt(fresh))
        return float(one**2 @ weights / weights.sum())

    return integrate.quad(given_the_spread, 0, 1, epsabs=1e-9, limit=200)[0]


def look(recorded: Sequence[float], fresh: Sequence[float], rule: Rule) -> Look:
    """Compare fresh accuracies with recorded ones, which are not all equal."""
    before, after = np.asarray(recorded, np.float64), np.asarray(fresh, np.float64)
    spread, sizes = float(before.std(ddof=1)), (len(before), len(after))
    allowed = factor(*sizes, rule) * spread + rule.delta
    difference = float(after.mean() - before.mean())
    verdict: Verdict = "kept"
    if abs(difference) > allowed:
        verdict = "dropped" if difference < 0 else "improved"
    return Look(
        tuple(before.tolist()),
        tuple(after.tolist()),
        allowed,
        detectable(*sizes, rule) * spread + rule.delta,
        verdict,
    )


def _error(recorded: int, fresh: int) -> float:
    """Of the difference of two means, in standard deviations of a search."""
    return math.sqrt(1 / recorded + 1 / fresh)
