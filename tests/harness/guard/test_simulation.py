"""False alarms and power of the statistics layer."""

import numpy as np
import pytest

from harness.guard.rules.rule import Rule
from harness.guard.simulation import draw_from, draw_normal, simulate_rates

SEVEN = Rule(0.01, methods=7)


def test_false_alarms_and_power_are_what_the_documentation_says():
    found = {
        each.drop: each for each in simulate_rates(draw_normal, 1.0, 20, SEVEN, repeats=100_000)
    }
    assert found[0.0].both_looks == pytest.approx(0.01 / 7, rel=0.25)
    assert found[0.0].single_look == pytest.approx(0.01 / 7, rel=0.25)
    for drop, percent, of_single in ((0.5, 2.6, 1.52), (1.0, 18, 8.6), (2.0, 85, 59.5)):
        assert 100 * found[drop].both_looks == pytest.approx(percent, rel=0.12)
        assert 100 * found[drop].single_look == pytest.approx(of_single, rel=0.12)


def test_simulation_draws_from_what_was_recorded():
    """A method that collapses in one of ten searches has more false alarms, still few."""
    values = [90.0] * 18 + [50.0] * 2
    sd = float(np.std(values))
    draw = draw_from(values)
    drawn = draw(np.random.default_rng(0), 20_000, 4)
    assert drawn.shape == (20_000, 4)
    assert (drawn == 50).mean() == pytest.approx(0.1, abs=0.005)
    assert ((drawn == 50) | (drawn == 90)).all()
    found = simulate_rates(draw, sd, 20, SEVEN, repeats=20_000)
    assert found[0].both_looks < found[0].first_look < 0.15
    assert found[0].both_looks < 0.03
    assert found[-1].both_looks > found[0].both_looks
    given = simulate_rates(draw, sd, 20, SEVEN, repeats=20_000, given=values)
    assert given[0].both_looks < given[0].single_look
