"""Looks are functions of names alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from methods import METHODS
from reports import palette
from reports.palette import Look, method_look, operation_look, row_looks
from tests.reports.fake_trials import OPERATIONS

FIXED = {**palette.METHOD_LOOKS, **palette.OPERATION_LOOKS}
DARTS = (
    "none", "max_pool_3x3", "avg_pool_3x3", "skip_connect", "sep_conv_3x3", "sep_conv_5x5",
    "dil_conv_3x3", "dil_conv_5x5", "noise",
)  # fmt: skip
RECURRENT = ("none", "tanh", "relu", "sigmoid", "identity")
NAMES = st.text(min_size=1) | st.sampled_from(sorted(FIXED))


def cues(look: Look) -> set[object]:
    return {look.colour, look.line, look.marker}


@given(st.dictionaries(NAMES, NAMES), NAMES, NAMES)
def test_a_look_does_not_depend_on_the_company(others: dict[str, str], row: str, method: str):
    alone = row_looks({row: method})[row]
    assert row_looks(others | {row: method})[row] == alone
    assert row_looks({row: method} | {o: m for o, m in others.items() if o != row})[row] == alone
    assert row_looks({method: method})[method] == method_look(method)


@given(st.text(min_size=1).filter(lambda name: name not in FIXED))
def test_free_looks_share_no_cue_with_fixed_ones(name: str):
    assert method_look(name) == operation_look(name)
    for look in FIXED.values():
        assert not cues(look) & cues(method_look(name))


@given(st.text(min_size=1), st.sampled_from(sorted(palette.METHOD_LOOKS)) | st.text(min_size=1))
def test_a_row_has_the_colour_of_its_method_and_the_look_of_no_other(row: str, method: str):
    look = row_looks({row: method})[row]
    assert look.colour == method_look(method).colour
    if row != method:
        assert look != method_look(method)
        assert look not in palette.METHOD_LOOKS.values()
        free = look.colour in palette.FREE_COLOURS
        assert free != (look.line in [line for line, _ in palette.FREE_LINES])


def test_looks_are_the_same_in_every_process():
    assert method_look("plug-in") == Look("#8B5CF6", (0, (2.5, 2.5)), "P", "---.")


@pytest.mark.parametrize("table", [palette.METHOD_LOOKS, palette.OPERATION_LOOKS])
def test_fixed_looks_differ(table: dict[str, Look]):
    assert len({(look.colour, look.line) for look in table.values()}) == len(table)


@pytest.mark.parametrize("operations", [OPERATIONS, DARTS, RECURRENT])
def test_operations_of_one_space_differ_in_colour(operations: tuple[str, ...]):
    assert set(operations) <= set(palette.OPERATION_LOOKS)
    assert len({operation_look(operation).colour for operation in operations}) == len(operations)


def test_every_method_of_the_harness_has_a_fixed_look():
    assert set(METHODS) <= set(palette.METHOD_LOOKS)
