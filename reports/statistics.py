"""Estimates, intervals and verdicts: pure functions on arrays.

A value is in the unit of its metric, and so is a difference of values: percent and percentage
points, if accuracies are measured. The unit of replication is one independent search, so an array
holds one value per seed. Randomness comes from a generator of this module with a fixed seed: the
same values, in any order, give the same interval.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize, stats

BOOTSTRAP_FROM = 10
"""Smallest n for the bootstrap. At n = 4 a 95 % BCa interval covers about 80 %, t covers 95 %."""

TEST_FROM = 10
"""Fewest pairs that are tested: with less, no p that is corrected for several methods is small."""

_RESAMPLES = 9999
_BOOTSTRAP_SEED = 20201
_FLIP_SEED = 20202
_ALL_FLIPS_UP_TO = 16  # pairs: 65,536 sign flips
# Values are stored in double precision; anything closer than this is the same cell of a table.
_SAME = 1e-9

Floats = NDArray[np.float64]
IntervalKind = Literal["none", "single", "constant", "t", "bca", "delta"]
Verdict = Literal["reproduced", "differs", "undecided"]


@dataclass(frozen=True)
class Estimate:
    """A point estimate with its interval, both from one function."""

    value: float
    low: float
    """Lower end; NaN when there is no interval."""
    high: float
    n: int
    kind: IntervalKind
    """Method of the interval, or why there is none: no value, one value, all values equal."""

    @property
    def half_width(self) -> float:
        """Half the length of the interval; NaN when there is none."""
        return (self.high - self.low) / 2


@dataclass(frozen=True)
class Sample:
    """Summary statistics of one sample, as a publication gives them."""

    mean: float
    sd: float
    """Standard deviation with n - 1 in the denominator; NaN where unknown."""
    n: int


def mean_with_interval(values: ArrayLike, confidence: float = 0.95) -> Estimate:
    """Estimate a mean: t interval below ten values, BCa bootstrap (Efron 1987) from ten on.

    Args:
        values: shape (n,), without NaN.
        confidence: coverage of the interval, as a share.
    """
    x = _sorted(values)
    n = len(x)
    mean = float(x.mean()) if n else math.nan
    if n < 2:
        return Estimate(mean, math.nan, math.nan, n, "single" if n else "none")
    if is_constant(x):
        # BCa is undefined here, and a width of zero would claim knowledge that n equal runs, such
        # as n collapsed searches, do not give.
        return Estimate(mean, math.nan, math.nan, n, "constant")
    if n < BOOTSTRAP_FROM:
        low, high = stats.t.interval(confidence, n - 1, loc=mean, scale=stats.sem(x))
        return Estimate(mean, float(low), float(high), n, "t")
    low, high = _bca((x,), lambda sample, axis=-1: np.mean(sample, axis=axis), confidence)
    return Estimate(mean, low, high, n, "bca")


def relative_improvement(
    method: ArrayLike, random: ArrayLike, confidence: float = 0.95, sign: int = 1
) -> Estimate:
    """Estimate 100 (A_m - A_r) / A_r in percent (Yang, Esperanca and Carlucci, ICLR 2020).

    A_m and A_r are mean test values of the architectures that the method found and of random
    ones under the same training. The interval is BCa bootstrap with at least ten values on both
    sides, else the delta method's with Welch's t.

    Args:
        method: shape (n,).
        random: shape (m,).
        confidence: coverage of the interval, as a share.
        sign: of the metric; with -1 a lower mean than A_r is the improvement.
    """
    found, drawn = _sorted(method), _sorted(random)
    smaller = min(len(found), len(drawn))
    if not smaller:
        return Estimate(math.nan, math.nan, math.nan, 0, "none")
    improvement = partial(_improvement, sign=sign)
    value = float(improvement(found, drawn))
    if smaller < 2:
        return Estimate(value, math.nan, math.nan, smaller, "single")
    if is_constant(found) and is_constant(drawn):
        return Estimate(value, math.nan, math.nan, smaller, "constant")
    if smaller >= BOOTSTRAP_FROM:
        low, high = _bca((found, drawn), improvement, confidence)
        return Estimate(value, low, high, smaller, "bca")
    ratio = found.mean() / drawn.mean()
    parts = (
        found.var(ddof=1) / len(found),
        ratio**2 * drawn.var(ddof=1) / len(drawn),
    )
    freedom = _welch_freedom(parts, (len(found), len(drawn)))
    quantile = float(stats.t.ppf((1 + confidence) / 2, freedom))
    reach = quantile * 100 / abs(drawn.mean()) * math.sqrt(sum(parts))
    return Estimate(value, value - float(reach), value + float(reach), smaller, "delta")


def is_constant(values: ArrayLike) -> bool:
    """Return whether all values are the same."""
    x = np.asarray(values, dtype=np.float64)
    return bool(np.ptp(x) < _SAME)


def sample_of(values: ArrayLike) -> Sample:
    """Reduce values of shape (n,) to their summary data."""
    x = _sorted(values)
    if not len(x):
        return Sample(math.nan, math.nan, 0)
    return Sample(float(x.mean()), float(x.std(ddof=1)) if len(x) > 1 else math.nan, len(x))


def pooled_sd(sds: ArrayLike, sizes: ArrayLike) -> float:
    """Return the standard deviation within samples, from the sd (n - 1) and n of each.

    NaN where no sample has two values.
    """
    freedom = np.asarray(sizes, dtype=np.float64) - 1
    squares = np.asarray(sds, dtype=np.float64) ** 2
    known = ~np.isnan(squares) & (freedom > 0)
    if not known.any():
        return math.nan
    return math.sqrt(float((freedom * squares)[known].sum() / freedom[known].sum()))


def welch_interval(a: Sample, b: Sample, confidence: float) -> tuple[float, float] | None:
    """Return the interval of the difference of means, a - b, from summary data (Welch 1947).

    None where a sample's spread is unknown. Two samples without spread differ exactly, so both
    ends are then the difference itself.
    """
    if min(a.n, b.n) < 2 or math.isnan(a.sd) or math.isnan(b.sd):
        return None
    difference = a.mean - b.mean
    part_a, part_b = a.sd**2 / a.n, b.sd**2 / b.n
    variance = part_a + part_b
    if math.sqrt(variance) < _SAME:
        return difference, difference
    freedom = _welch_freedom((part_a, part_b), (a.n, b.n))
    reach = float(stats.t.ppf((1 + confidence) / 2, freedom)) * math.sqrt(variance)
    return difference - reach, difference + reach


def _welch_freedom(parts: tuple[float, float], sizes: tuple[int, int]) -> float:
    """Welch's and Satterthwaite's degrees of freedom of a sum of two estimated variances."""
    squares = sum(part**2 / (n - 1) for part, n in zip(parts, sizes, strict=True))
    return sum(parts) ** 2 / squares


def verdict(ours: Sample, published: Sample, delta: float) -> Verdict:
    """Return whether a published mean was reproduced, by a rule fixed before the run.

    `reproduced`: the 90 % interval of the difference lies within +/- delta, which is the two
    one-sided tests of Schuirmann (1987) at level 0.05. `differs`: the 95 % interval excludes zero
    and the difference is larger than delta. Otherwise `undecided`.

    Args:
        ours: our runs.
        published: the published runs.
        delta: the largest negligible difference, in the unit of the values.
    """
    narrow = welch_interval(ours, published, 0.90)
    wide = welch_interval(ours, published, 0.95)
    if narrow is None or wide is None:
        return "undecided"
    if -delta <= narrow[0] and narrow[1] <= delta:
        return "reproduced"
    excludes_zero = wide[0] > 0 or wide[1] < 0
    if excludes_zero and abs(ours.mean - published.mean) > delta:
        return "differs"
    return "undecided"


def random_search_equivalent(share_as_good: float) -> float:
    """Return how many random full trainings match an architecture with probability one half.

    With q the share of architectures that are at least as good, n = ln(0.5) / ln(1 - q).

    Args:
        share_as_good: q in percent, the architecture itself included.
    """
    q = share_as_good / 100
    if q >= 1:
        return 0.0
    return math.inf if q <= 0 else math.log(0.5) / math.log1p(-q)


def smallest_paired_p(n: int) -> float:
    """Return the smallest two-sided p that a sign-flip test of n paired differences can give."""
    return min(1.0, 2.0 ** (1 - n))


def sign_flip_p(differences: ArrayLike) -> float:
    """Return the two-sided p of the paired sign-flip test of the mean difference.

    Under the null hypothesis each difference is as likely to have the other sign (Fisher 1935). All
    sign flips are tried up to 16 pairs, which is exact; beyond, a fixed sample of 9,999. NaN
    without pairs.

    Args:
        differences: one for each pair, shape (n,).
    """
    x = _sorted(differences)
    if not len(x):
        return math.nan
    flips = 2 ** len(x) if len(x) <= _ALL_FLIPS_UP_TO else _RESAMPLES
    test = stats.permutation_test(
        (x,),
        np.mean,
        permutation_type="samples",
        n_resamples=flips,
        batch=4096,
        rng=np.random.default_rng(_FLIP_SEED),
    )
    return float(test.pvalue)


def smallest_sign_flip_p(n: int) -> float:
    """Return the smallest p that `sign_flip_p` can give for n pairs."""
    return smallest_paired_p(n) if n <= _ALL_FLIPS_UP_TO else 2 / (_RESAMPLES + 1)


def holm(p: ArrayLike) -> Floats:
    """Correct p values of one family for their number (Holm 1979).

    Args:
        p: shape (m,), without NaN.

    Returns:
        The adjusted values in the same order; shape (m,).
    """
    raw = np.asarray(p, dtype=np.float64)
    order = np.argsort(raw, kind="stable")
    stepped = np.maximum.accumulate(raw[order] * np.arange(len(raw), 0, -1))
    adjusted = np.empty_like(raw)
    adjusted[order] = np.minimum(stepped, 1.0)
    return adjusted


def probability_of_superiority(a: ArrayLike, b: ArrayLike) -> float:
    """Return the probability that a run of a has a higher value than one of b, ties one half.

    It is Mann and Whitney's U over the number of pairs; NaN where a side has no run.

    Args:
        a: shape (n,).
        b: shape (m,).
    """
    x, y = _sorted(a), _sorted(b)
    if not len(x) or not len(y):
        return math.nan
    # Of the test only U is taken: its p is wrong with ties in small samples.
    return float(stats.mannwhitneyu(x, y).statistic) / (len(x) * len(y))


def minimum_detectable_effect(n: int, power: float = 0.8, level: float = 0.05) -> float:
    """Return the mean paired difference that n pairs detect, in sd of the differences.

    It solves the power of the two-sided paired t test for the effect; NaN below two pairs.
    """
    if n < 2:
        return math.nan
    critical = stats.t.ppf(1 - level / 2, n - 1)

    def shortfall(effect: float) -> float:
        centre = effect * math.sqrt(n)
        # The far tail is left out: at the power asked for it is below 1e-4.
        return float(stats.nct.sf(critical, n - 1, centre)) - power

    return float(optimize.brentq(shortfall, 0.0, 50.0 / math.sqrt(n)))  # pyright: ignore


def wilson_interval(count: int, n: int, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of a rate, as shares (Wilson 1927)."""
    interval = stats.binomtest(count, n).proportion_ci(confidence, method="wilson")
    return float(interval.low), float(interval.high)


def _sorted(values: ArrayLike) -> Floats:
    # Sorted, because sums and resamples depend on the order in their last bits.
    return np.sort(np.asarray(values, dtype=np.float64))


def _improvement(found: Floats, drawn: Floats, axis: int = -1, sign: int = 1) -> Floats:
    base = np.mean(drawn, axis=axis)
    return sign * 100 * (np.mean(found, axis=axis) - base) / np.abs(base)


def _bca(
    samples: tuple[Floats, ...], statistic: Callable[..., Floats], confidence: float
) -> tuple[float, float]:
    result = stats.bootstrap(
        samples,
        statistic,
        method="BCa",
        n_resamples=_RESAMPLES,
        confidence_level=confidence,
        batch=1000,
        rng=np.random.default_rng(_BOOTSTRAP_SEED),
    )
    interval = result.confidence_interval
    return float(interval.low), float(interval.high)
