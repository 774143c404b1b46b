"""Estimates, intervals and the verdict rule against known answers."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from reports.statistics import (
    Sample,
    holm,
    mean_with_interval,
    minimum_detectable_effect,
    probability_of_superiority,
    random_search_equivalent,
    relative_improvement,
    sample_of,
    sign_flip_p,
    smallest_paired_p,
    smallest_sign_flip_p,
    verdict,
    welch_interval,
    wilson_interval,
)


def test_t_interval_worked_by_hand():
    # 1, 2, 3, 4: mean 2.5, sd 1.290994, t(0.975, 3) = 3.182446, half-width 2.054260
    estimate = mean_with_interval([4.0, 1.0, 3.0, 2.0])
    assert (estimate.kind, estimate.n, estimate.value) == ("t", 4, 2.5)
    assert estimate.low == pytest.approx(2.5 - 2.054260, abs=1e-6)
    assert estimate.high == pytest.approx(2.5 + 2.054260, abs=1e-6)


def test_t_interval_covers_what_it_says_at_four_runs():
    rng = np.random.default_rng(0)
    covered = 0
    for _ in range(1000):
        estimate = mean_with_interval(rng.normal(93.7, 0.4, 4))
        covered += estimate.low <= 93.7 <= estimate.high
    # Binomial sd is 0.7 %; the bootstrap, with about 80 %, would fail by far.
    assert 0.925 <= covered / 1000 <= 0.975


def test_bootstrap_from_ten_runs_on_follows_the_skew():
    values = [93.0] * 9 + [73.0]
    estimate = mean_with_interval(values)
    assert estimate.kind == "bca"
    assert estimate.value - estimate.low > estimate.high - estimate.value
    assert mean_with_interval(values[1:]).kind == "t"


def test_bootstrap_agrees_with_normal_theory_on_many_normal_values():
    values = np.random.default_rng(1).normal(71.0, 1.0, 500)
    estimate = mean_with_interval(values)
    assert estimate.half_width == pytest.approx(
        1.96 * values.std(ddof=1) / math.sqrt(500), rel=0.05
    )


def test_the_order_of_values_changes_no_bit():
    values = np.random.default_rng(2).normal(71.0, 1.0, 50)
    assert mean_with_interval(values) == mean_with_interval(values[::-1])
    assert relative_improvement(values, values + 1) == relative_improvement(
        values[::-1], values[::-1] + 1
    )


@pytest.mark.parametrize(
    ("values", "kind"),
    [([], "none"), ([54.3], "single"), ([54.3] * 4, "constant"), ([54.3] * 500, "constant")],
)
def test_no_interval_where_none_is_known(values: list[float], kind: str):
    estimate = mean_with_interval(values)
    assert estimate.kind == kind
    assert math.isnan(estimate.low)
    assert math.isnan(estimate.high)


def test_welch_interval_is_scipys():
    ours, theirs = Sample(93.9, 0.3, 4), Sample(93.7, 0.36, 500)
    test = stats.ttest_ind_from_stats(93.9, 0.3, 4, 93.7, 0.36, 500, equal_var=False)
    for confidence in (0.90, 0.95):
        interval = welch_interval(ours, theirs, confidence)
        assert interval is not None
        # The interval ends at zero exactly where the confidence is 1 - p.
        low, high = interval
        assert (low + high) / 2 == pytest.approx(0.2)
        assert (low > 0) == (test.pvalue < 1 - confidence)
    at_zero = welch_interval(ours, theirs, 1 - float(test.pvalue))
    assert at_zero is not None
    assert at_zero[0] == pytest.approx(0, abs=1e-9)


def test_welch_interval_of_two_small_unequal_samples_is_scipys():
    ours, theirs = [94.1, 93.2, 93.9, 94.4], [93.0, 92.1, 93.4]
    expected = stats.ttest_ind(ours, theirs, equal_var=False).confidence_interval(0.95)
    found = welch_interval(sample_of(ours), sample_of(theirs), 0.95)
    assert found == pytest.approx((expected.low, expected.high))


def test_the_bootstrap_is_scipys_bca():
    values = np.random.default_rng(8).exponential(size=12)
    estimate = mean_with_interval(values)
    rng = np.random.default_rng(1)
    for method, agrees in (("BCa", True), ("percentile", False)):
        expected = stats.bootstrap(
            (values,), np.mean, n_resamples=99_999, method=method, rng=rng
        ).confidence_interval
        # Resampling moves the ends by about 0.003, the skewed sample's BCa shift is ten times that.
        found = (estimate.low, estimate.high)
        assert (found == pytest.approx((expected.low, expected.high), abs=0.015)) == agrees


def test_welch_interval_needs_a_spread_on_both_sides():
    whole = Sample(93.7, 0.36, 500)
    assert welch_interval(Sample(93.7, math.nan, 1), whole, 0.95) is None
    assert welch_interval(whole, Sample(93.7, math.nan, 3), 0.95) is None
    exact = welch_interval(Sample(54.3, 0.0, 4), Sample(54.1, 0.0, 3), 0.95)
    assert exact == pytest.approx((0.2, 0.2))


# With 500 runs a side and sd 1, the 90 % interval reaches 0.104 to each side, the 95 % one 0.124.
@pytest.mark.parametrize(
    ("difference", "delta", "expected"),
    [
        (0.0, 0.2, "reproduced"),
        (0.09, 0.2, "reproduced"),
        (-0.09, 0.2, "reproduced"),
        (0.10, 0.2, "undecided"),  # the 90 % interval just leaves +/- delta
        (0.19, 0.2, "undecided"),  # excludes zero, but the difference is within delta
        (0.21, 0.2, "differs"),
        (-0.21, 0.2, "differs"),
        (0.11, 0.05, "undecided"),  # larger than delta, but zero is not excluded
        (0.13, 0.05, "differs"),
    ],
)
def test_verdict_at_its_edges(difference: float, delta: float, expected: str):
    published = Sample(70.0, 1.0, 500)
    assert verdict(Sample(70.0 + difference, 1.0, 500), published, delta) == expected


@pytest.mark.parametrize(
    ("ours", "expected"), [(54.3, "reproduced"), (54.4, "reproduced"), (61.0, "differs")]
)
def test_verdict_on_collapsed_searches(ours: float, expected: str):
    assert verdict(Sample(ours, 0.0, 4), Sample(54.3, 0.0, 3), 0.2) == expected


def test_one_run_decides_nothing():
    assert verdict(sample_of([93.7]), Sample(93.7, 0.36, 500), 0.2) == "undecided"
    assert verdict(sample_of([]), Sample(93.7, 0.36, 500), 0.2) == "undecided"


@pytest.mark.parametrize(
    ("n", "smallest"), [(4, 0.125), (5, 0.0625), (6, 0.03125), (8, 0.0078125), (10, 0.001953125)]
)
def test_smallest_p_is_that_of_the_exact_sign_flip_test(n: int, smallest: float):
    assert smallest_paired_p(n) == smallest
    differences = np.linspace(1, 2, n)  # all of one sign: the most extreme case
    test = stats.permutation_test(
        (differences,), np.mean, permutation_type="samples", n_resamples=10_000
    )
    assert test.pvalue == pytest.approx(smallest)


@pytest.mark.parametrize(("n", "effect"), [(4, 2.1), (5, 1.7), (8, 1.2), (10, 1.0), (20, 0.66)])
def test_minimum_detectable_effect(n: int, effect: float):
    assert minimum_detectable_effect(n) == pytest.approx(effect, abs=0.05)


def test_minimum_detectable_effect_is_detected_four_times_in_five():
    draws = np.random.default_rng(3).normal(minimum_detectable_effect(6), 1.0, (4000, 6))
    p = np.asarray(stats.ttest_1samp(draws, 0.0, axis=1)[1])
    assert (p < 0.05).mean() == pytest.approx(0.8, abs=0.02)


def test_relative_improvement_by_the_delta_method():
    method, random = [94.0, 95.0, 96.0], [89.0, 90.0, 91.0]
    estimate = relative_improvement(method, random)
    assert estimate.kind == "delta"
    assert estimate.value == pytest.approx(100 * 5 / 90)
    parts = (1 / 3, (95 / 90) ** 2 * 1 / 3)
    freedom = sum(parts) ** 2 / (parts[0] ** 2 / 2 + parts[1] ** 2 / 2)
    quantile = stats.t.ppf(0.975, freedom)
    expected = quantile * 100 / 90 * math.sqrt(sum(parts))
    assert estimate.half_width == pytest.approx(expected, rel=1e-9)


def test_relative_improvement_covers_what_it_says_at_four_runs():
    rng = np.random.default_rng(2)
    truth = 100 * (94 - 87) / 87
    covered = 0
    for _ in range(1000):
        estimate = relative_improvement(rng.normal(94, 0.4, 4), rng.normal(87, 2, 4))
        covered += estimate.low <= truth <= estimate.high
    # A normal quantile would cover about 86 %.
    assert 0.925 <= covered / 1000 <= 0.985


def test_relative_improvement_by_bootstrap_agrees_with_the_delta_method():
    rng = np.random.default_rng(4)
    method, random = rng.normal(94, 0.4, 400), rng.normal(87, 5, 400)
    estimate = relative_improvement(method, random)
    assert estimate.kind == "bca"
    error = 100 / 87 * math.sqrt(0.4**2 / 400 + (94 / 87) ** 2 * 25 / 400)
    assert estimate.half_width == pytest.approx(1.96 * error, rel=0.1)


def test_relative_improvement_of_constant_data_has_no_interval():
    assert relative_improvement([54.3] * 4, [80.0] * 4).kind == "constant"
    assert relative_improvement([54.3], [80.0, 81.0]).kind == "single"
    assert relative_improvement([], [80.0, 81.0]).kind == "none"


def test_random_search_equivalent():
    """Of n draws none is good enough with probability (1 - q)^n, which is to be one half."""
    assert random_search_equivalent(50.0) == pytest.approx(1.0)
    assert random_search_equivalent(1.0) == pytest.approx(68.97, abs=0.01)
    best_of_nas_bench_201 = 100 / 15_625
    assert random_search_equivalent(best_of_nas_bench_201) == pytest.approx(10_830.1, abs=0.1)
    assert random_search_equivalent(100.0) == 0.0
    assert random_search_equivalent(0.0) == math.inf


def test_wilson_interval_worked_by_hand():
    # 1 of 4: centre (0.25 + 0.480) / 1.960 = 0.372, half-width 0.327
    assert wilson_interval(1, 4) == pytest.approx((0.0456, 0.6994), abs=1e-4)


def test_sign_flip_p_counted_by_hand():
    # Of the 16 sums of +/- 1 +/- 2 +/- 3 +/- 4 two are 10 from zero and two are 8.
    assert sign_flip_p([1, 2, 3, 4]) == pytest.approx(2 / 16)
    assert sign_flip_p([-1, 2, 3, 4]) == pytest.approx(4 / 16)
    # A pair that is equal says nothing: its sign changes no sum, unlike in a test that drops it.
    assert sign_flip_p([0, 1, 2, 3]) == pytest.approx(4 / 16)
    assert sign_flip_p([0.0] * 10) == 1.0
    assert math.isnan(sign_flip_p([]))


@pytest.mark.parametrize("n", [10, 16])
def test_sign_flip_p_is_exact_up_to_sixteen_pairs(n: int):
    differences = np.linspace(1, 2, n)
    assert sign_flip_p(differences) == pytest.approx(smallest_paired_p(n), rel=1e-12)
    assert smallest_sign_flip_p(n) == smallest_paired_p(n)
    assert sign_flip_p(differences[::-1]) == sign_flip_p(-differences) == sign_flip_p(differences)


def test_sign_flip_p_of_many_pairs_is_a_sample_that_is_always_the_same():
    draws = np.random.default_rng(5).normal(0.3, 1.0, 60)
    p = sign_flip_p(draws)
    assert p == sign_flip_p(draws[::-1])
    # With many pairs the test agrees with the t test; a sample of 9,999 adds about 0.002.
    assert p == pytest.approx(float(np.asarray(stats.ttest_1samp(draws, 0.0)[1])), abs=0.01)
    assert sign_flip_p(np.ones(17)) == pytest.approx(smallest_sign_flip_p(17)) == 2 / 10_000


def test_holm_worked_by_hand():
    # Sorted 0.005, 0.01, 0.03, 0.04 times 4, 3, 2, 1; the last is not below the one before it.
    assert holm([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert holm([0.4, 0.9]) == pytest.approx([0.8, 0.9])
    assert holm([0.7, 0.7]) == pytest.approx([1.0, 1.0])
    assert holm([0.02]) == pytest.approx([0.02])
    assert len(holm([])) == 0


def test_probability_of_superiority_counts_ties_one_half():
    # Of the pairs of {2, 3} and {1, 2} three are won and one is tied.
    assert probability_of_superiority([3, 2], [1, 2]) == 3.5 / 4
    assert probability_of_superiority([1, 2], [3, 2]) == 0.5 / 4
    assert probability_of_superiority([54.3] * 4, [54.3] * 3) == 0.5
    assert probability_of_superiority([2.0], [1.0, 1.0]) == 1.0
    assert math.isnan(probability_of_superiority([], [1.0]))
