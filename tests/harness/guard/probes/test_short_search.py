"""Spread and margin of the arrays that a short search ends in."""

import pytest

from harness.guard.probes.short_search import Derivation, alpha_spread, closest_margin
from tests.harness.guard.fake_results import fake_derivation


def test_spread_and_margin():
    assert closest_margin(fake_derivation(lead=0.02)) == pytest.approx(0.02)
    assert closest_margin(Derivation("a")) is None
    found = [fake_derivation(), fake_derivation(shift=0.1), fake_derivation(shift=-0.25)]
    assert alpha_spread(found) == 0.25
    assert alpha_spread([fake_derivation(), Derivation("a")]) == float("inf")
