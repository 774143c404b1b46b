"""Texts of numbers, intervals and estimates."""

from __future__ import annotations

import math

import pytest

from reports.statistics import Estimate
from reports.tables.cells import (
    ABSENT,
    MINUS,
    decimals_for,
    estimate_cell,
    fixed,
    interval_cell,
)


@pytest.mark.parametrize(
    ("half_width", "decimals"),
    [(5.8, 1), (0.31, 2), (0.12, 2), (0.031, 2), (12.0, 1), (0.0, 2), (math.nan, 2), (1.0, 1)],
)
def test_decimals_follow_the_interval(half_width: float, decimals: int):
    assert decimals_for(half_width) == decimals


def test_texts_of_estimates():
    assert estimate_cell(Estimate(94.361, 94.24, 94.48, 4, "t")).text == "94.36 [94.24, 94.48]"
    assert estimate_cell(Estimate(94.361, 90.0, 98.7, 4, "t")).text == "94.4 [90.0, 98.7]"
    none = math.nan
    assert interval_cell(Estimate(54.3, none, none, 4, "constant")).text == "all 4 equal"
    assert interval_cell(Estimate(54.3, none, none, 1, "single")).text == "one run"
    assert estimate_cell(Estimate(54.3, none, none, 4, "constant")).values == (54.3, None, None)
    assert estimate_cell(Estimate(none, none, none, 0, "none")).text == ABSENT


def test_numbers_have_a_minus_and_no_negative_zero():
    assert fixed(-1234.567, 1) == f"{MINUS}1,234.6"
    assert fixed(-0.001) == "0.00"
    assert fixed(0.5, sign=True) == "+0.50"
    assert fixed(math.inf) == "∞"
