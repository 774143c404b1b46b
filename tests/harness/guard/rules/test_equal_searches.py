"""The rule for recorded searches that are all equal: exact chances, and what they cannot tell."""

from itertools import combinations

import pytest

from harness.guard.rules.equal_searches import (
    can_detect,
    chance,
    compare_both_looks,
    compare_first_look,
)
from harness.guard.rules.rule import Rule

SEVEN = Rule(0.01, methods=7)
EQUAL = [54.3] * 20


@pytest.mark.parametrize(
    ("fresh", "verdict"),
    [
        ([54.3] * 4, "kept"),
        ([54.3] * 3 + [10.0], "worse"),
        ([54.3] * 3 + [90.0], "better"),
        ([10.0, 90.0, 90.0, 90.0], "better"),
    ],
)
def test_one_that_differs_is_enough_for_a_second_look(fresh, verdict):
    assert compare_first_look(EQUAL, fresh, SEVEN).verdict == verdict


@pytest.mark.parametrize(("differing", "verdict"), [(0, "kept"), (4, "kept"), (5, "worse")])
def test_all_fresh_searches_decide(differing, verdict):
    fresh = [10.0] * differing + [54.3] * (8 - differing)
    found = compare_both_looks(EQUAL, fresh, SEVEN)
    assert (found.differing, found.verdict) == (differing, verdict)


def test_those_on_both_sides_count_together():
    found = compare_both_looks(EQUAL, [10.0, 10.0, 90.0, 90.0] * 2, SEVEN)
    assert found.verdict == "worse"  # 50 in the mean of those that differ
    assert compare_both_looks(EQUAL, [10.0] + [90.0] * 7, SEVEN).verdict == "better"


def test_delta_is_a_difference_that_does_not_matter():
    assert compare_both_looks(EQUAL, [52.3] * 8, Rule(0.01, 7, delta=3.0)).differing == 0
    assert compare_both_looks(EQUAL, [52.3] * 8, Rule(0.01, 7, delta=1.0)).verdict == "worse"


@pytest.mark.parametrize(
    ("recorded", "methods", "can"), [(4, 7, False), (5, 7, True), (4, 1, True)]
)
def test_too_few_equal_searches_cannot_show_a_drop(recorded, methods, can):
    rule = Rule(0.01, methods)
    assert can_detect(recorded, 8, rule) is can
    found = compare_both_looks([54.3] * recorded, [10.0] * 8, rule)
    assert found.verdict == ("worse" if can else "kept")


def test_the_chance_is_that_of_all_orders():
    places = range(6)  # four recorded searches, then two fresh ones
    for differing in (1, 2):
        drawn = list(combinations(places, differing))
        expected = sum(min(each) >= 4 for each in drawn) / len(drawn)
        assert chance(differing, 4, 2) == pytest.approx(expected)


def test_words():
    counts = "differ from the 4 recorded ones, which are all 54.30"
    few = [54.3] * 4
    assert str(compare_first_look(few, few, SEVEN)) == f"0 of 4 {counts}"
    assert str(compare_both_looks(few, [10.0] * 8, SEVEN)) == (
        f"8 of 8 {counts}; the probability of that by chance is 1 in 495"
    )
