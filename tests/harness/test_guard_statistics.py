"""The rule of the statistics layer: its factor, its level, its second look, by simulation."""

from itertools import combinations

import numpy as np
import pytest

from harness.guard import simulation, statistics
from harness.guard.statistics import Rule
from tests.harness.guard_results import accuracies

SEVEN = Rule(0.01, guards=7)


@pytest.mark.parametrize(
    ("recorded", "fresh", "guards", "expected"),
    [(4, 1, 1, 5.1), (4, 4, 1, 3.2), (20, 1, 1, 2.6), (20, 4, 1, 1.4), (20, 4, 7, 1.87)],
)
def test_the_factor_is_that_of_the_documentation(recorded, fresh, guards, expected):
    found = statistics.factor(recorded, fresh, Rule(0.01, guards))
    assert found == pytest.approx(expected, rel=0.02)


@pytest.mark.parametrize(
    ("shift", "verdict"), [(-1.9, "dropped"), (-1.8, "kept"), (1.8, "kept"), (1.9, "improved")]
)
def test_a_look_judges_on_both_sides(shift, verdict):
    values = np.array(list(accuracies(range(20), 90, 2.0).values()))
    sd, mean = values.std(ddof=1), values.mean()
    fresh = mean + shift * sd + np.array([-1, 1, -2, 2])
    found = statistics.look(values, fresh, SEVEN)
    assert found.verdict == verdict
    assert found.threshold == pytest.approx(1.874 * sd, rel=1e-3)
    assert found.difference == pytest.approx(shift * sd)


def test_delta_is_a_drop_that_does_not_matter():
    values = np.array(list(accuracies(range(20)).values()))
    fresh = values.mean() - 1.9 * values.std(ddof=1) + np.array([-1, 1])
    assert statistics.look(values, fresh, Rule(0.01, 1)).verdict == "dropped"
    assert statistics.look(values, fresh, Rule(0.01, 1, delta=2.0)).verdict == "kept"


def test_equal_searches_are_judged_by_the_exact_chance():
    """As after a collapse: no spread, so every difference would be infinitely large."""
    equal = [54.3] * 20
    for lower, verdict in ((0, "kept"), (1, "kept"), (3, "kept"), (4, "dropped")):
        fresh = [54.3] * (4 - lower) + [10.0] * lower
        assert statistics.look(equal, fresh, SEVEN).verdict == verdict
    assert statistics.look(equal, [54.3] * 3 + [90.0], SEVEN).verdict == "kept"
    assert statistics.look(equal, [90.0] * 4, SEVEN).verdict == "improved"
    assert "every recorded search being equal" in str(statistics.look(equal, equal[:4], SEVEN))


def test_the_chance_is_that_of_all_orders():
    places = range(6)  # four recorded searches, then two fresh ones
    for lower in (1, 2):
        drawn = list(combinations(places, lower))
        expected = sum(min(each) >= 4 for each in drawn) / len(drawn)
        assert statistics.chance_of_lower(lower, 4, 2) == pytest.approx(expected)


def test_false_alarms_and_power_are_what_the_documentation_says():
    found = {
        each.drop: each
        for each in simulation.rates(simulation.normal, 1.0, 20, SEVEN, repeats=100_000)
    }
    assert found[0.0].first_look < 1.3 * 0.01 / 7
    assert found[0.0].both_looks < 0.6 * 0.01 / 7
    for drop, percent in ((0.5, 1.52), (1.0, 8.6), (2.0, 59.5)):
        assert 100 * found[drop].first_look == pytest.approx(percent, rel=0.12)
    # All fresh seeds together keep the power; the second look by itself would lose a third.
    assert found[2.0].both_looks > 0.57
    assert found[2.0].second_look_alone < 0.45


def test_simulation_draws_from_what_was_recorded():
    """A method that collapses in one of ten searches has more false alarms, still few."""
    values = [90.0] * 18 + [50.0] * 2
    sd = float(np.std(values))
    found = simulation.rates(simulation.resampled(values), sd, 20, SEVEN, repeats=20_000)
    assert found[0].both_looks < found[0].first_look < 0.05
    assert found[-1].both_looks > found[0].both_looks
