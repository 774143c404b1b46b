"""Which trials share a group, and which a row."""

from __future__ import annotations

from typing import Any

import pytest

from reports.groups import group_trials
from reports.tables.results import main_table
from tests.reports.fake_trials import (
    NO_HISTORY,
    group_of,
    results_of,
    together,
)
from tests.reports.readers import rows_of


@pytest.mark.parametrize(
    "change",
    [{"protocol": "common"}, {"overrides": "time_budget_seconds=6000"}, {"table": "another"},
     {"table_sha256": "f" * 64}, {"search_dataset": "cifar100"}],
)  # fmt: skip
def test_different_conditions_never_share_a_table(change: dict[str, Any]):
    first = results_of("random-search", 3)
    second = results_of("random-search", 3, **change).assign(key=first["key"] + "b")
    groups = group_trials(together(first, second), NO_HISTORY)
    assert [len(group.trials) for group in groups] == [3, 3]
    assert len({group.name for group in groups}) == 2


def test_versions_and_devices_are_rows_of_their_own():
    first = results_of("random-search", 3)
    newer = results_of("random-search", 3, method_version="2").assign(key=first["key"] + "b")
    assert group_of(first, newer).rows == ("random-search v1", "random-search v2")
    elsewhere = results_of("random-search", 3, device="cuda").assign(key=first["key"] + "c")
    assert group_of(first, elsewhere).rows == ("random-search on cpu", "random-search on cuda")
    # Other seeds on another device are the same row.
    more = elsewhere.assign(seed=elsewhere["seed"] + 3)
    assert group_of(first, more).rows == ("random-search",)


def test_a_trial_given_twice_is_refused():
    first = results_of("random-search", 3)
    with pytest.raises(ValueError, match="share method, version, device, dataset and seed"):
        group_trials(together(first, first.assign(key="again")), NO_HISTORY)


def test_other_settings_under_the_same_protocol_are_rows_of_their_own():
    first = results_of("random-search", 3)
    second = results_of("random-search", 3, settings_digest="ffffffff")
    second["key"] += "-other"
    rows = {row["method"] for row in rows_of(main_table(group_of(first, second)))}
    assert {"random-search, settings 0a1b2c3d", "random-search, settings ffffffff"} <= rows


def test_other_versions_of_the_space_are_groups_of_their_own():
    first = results_of("random-search", 3)
    second = results_of("random-search", 3, space_version="2")
    second["key"] += "-other"
    assert len(group_trials(together(first, second), NO_HISTORY)) == 2
