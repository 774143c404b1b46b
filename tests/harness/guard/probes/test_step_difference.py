"""Differences between steps."""

from harness.guard.probes.step_difference import EXACT, first_difference


def test_infinity_differs_from_a_number():
    step = {"step": 0, "alpha/cell": [0.1, "-inf"]}
    now = {"step": 0, "alpha/cell": [0.1, 0.2]}
    assert first_difference([step], [now], EXACT) == ("step 0, alpha/cell: 0.2 instead of -inf")
    assert first_difference([step], [step], EXACT) is None
