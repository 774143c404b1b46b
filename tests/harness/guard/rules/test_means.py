"""The rule of the statistics layer: its factor, level and second look."""

import numpy as np
import pytest

from harness.guard.rules import means
from harness.guard.rules.rule import Rule
from tests.harness.guard.fake_results import accuracies

SEVEN = Rule(0.01, methods=7)


@pytest.mark.parametrize(
    ("recorded", "fresh", "methods", "expected"),
    [(4, 1, 1, 5.1), (4, 4, 1, 3.2), (20, 1, 1, 2.6), (20, 4, 1, 1.4), (20, 4, 7, 1.87)],
)
def test_the_factor_of_one_look_is_that_of_a_t_test(recorded, fresh, methods, expected):
    found = means.allowed_deviations_of_single_look(recorded, fresh, Rule(0.01, methods))
    assert found == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("recorded", "methods", "expected"), [(20, 7, 1.20), (20, 1, 0.837), (4, 7, 4.31), (4, 1, 2.12)]
)
def test_two_looks_share_the_level(recorded, methods, expected):
    """By drawing what the integral is over."""
    rule = Rule(0.01, methods)
    found = means.allowed_deviations(recorded, 4, rule)
    assert found == pytest.approx(expected, rel=3e-3)
    rng, repeats = np.random.default_rng(1), 2_000_000
    mean = rng.standard_normal(repeats) / np.sqrt(recorded)
    spread = np.sqrt(rng.chisquare(recorded - 1, repeats) / (recorded - 1))
    looks = rng.standard_normal((2, repeats)) / np.sqrt(4)
    both = (mean - looks > found * spread).all(axis=0).mean()
    assert both == pytest.approx(rule.level / methods, rel=0.1)
    drop = means.detectable_deviations(recorded, 4, rule)
    seen = (mean - looks + drop > found * spread).all(axis=0).mean()
    assert seen == pytest.approx(0.8, abs=0.003)


@pytest.mark.parametrize(
    ("shift", "verdict"), [(-1.25, "worse"), (-1.15, "kept"), (1.15, "kept"), (1.25, "better")]
)
def test_a_look_judges_on_both_sides(shift, verdict):
    values, sd, mean = recorded_values()
    fresh = list(mean + shift * sd + np.array([-1, 1, -2, 2]))
    first = means.compare_means(values, fresh, SEVEN)
    assert first.verdict == verdict
    assert first.allowed == pytest.approx(1.200 * sd, rel=1e-3)
    assert first.difference == pytest.approx(shift * sd)


def recorded_values() -> tuple[list[float], float, float]:
    """Twenty accuracies, their standard deviation and mean."""
    values = list(accuracies(range(20), 90, 2.0).values())
    return values, float(np.std(values, ddof=1)), float(np.mean(values))


def test_delta_is_a_drop_that_does_not_matter():
    values, sd, mean = recorded_values()
    fresh = [mean - 1.6 * sd - 1, mean - 1.6 * sd + 1]
    assert means.compare_means(values, fresh, Rule(0.01, 1)).verdict == "worse"
    assert means.compare_means(values, fresh, Rule(0.01, 1, delta=3.0)).verdict == "kept"
