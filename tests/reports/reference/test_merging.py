"""Reference results beside fresh trials: rows of their own, each trial once."""

from __future__ import annotations

import pandas as pd
import pytest

from reports.frames import select
from reports.groups import group_trials
from reports.reference.merging import merge_reference
from tests.reports.fake_trials import NO_HISTORY, results_of
from tests.reports.reference.fake_reference import NAME, reference_of, tables_of


def test_reference_results_are_rows_of_their_own(searches: pd.DataFrame):
    fresh = results_of("darts-1st", 2, settings_digest="12345678")
    results, history = merge_reference(fresh, NO_HISTORY, [reference_of(searches)])
    (group,) = group_trials(results, history)
    assert set(group.rows) == {"darts-1st", "darts-1st, reference 2026-12-01"}
    counts = group.trials["row"].value_counts().to_dict()
    assert counts == {"darts-1st": 2, "darts-1st, reference 2026-12-01": 4}
    assert set(group.epochs["row"]) == {"darts-1st, reference 2026-12-01"}


def test_versions_are_distinguished_across_reference_results(searches: pd.DataFrame):
    fresh = results_of("darts-1st", 2, settings_digest="12345678", method_version="2")
    (group,) = group_trials(*merge_reference(fresh, NO_HISTORY, [reference_of(searches)]))
    assert set(group.rows) == {"darts-1st v2", "darts-1st v1, reference 2026-12-01"}


@pytest.mark.parametrize("change", [{"table": "another"}, {"protocol": "common"}])
def test_what_is_not_comparable_is_a_group_of_its_own(
    searches: pd.DataFrame, change: dict[str, str]
):
    fresh = results_of("darts-1st", 2)
    groups = group_trials(
        *merge_reference(fresh, NO_HISTORY, [reference_of(searches.assign(**change))])
    )
    assert sorted(group.rows for group in groups) == [
        ("darts-1st",), ("darts-1st, reference 2026-12-01",),
    ]  # fmt: skip


def test_a_fresh_trial_is_not_shown_twice(searches: pd.DataFrame):
    fresh = select(searches, searches["seed"].isin([0, 1]))
    results, _ = merge_reference(fresh, NO_HISTORY, [reference_of(searches)])
    assert not results.duplicated(["key", "dataset"]).any()
    marks = results.drop_duplicates("key").set_index("key")["reference"].fillna("")
    assert marks.sort_index().tolist() == ["", "", "2026-12-01", "2026-12-01"]
    assert "reference" not in tables_of(searches, reference_of(searches))


def test_a_trial_is_taken_from_the_newest_reference_results(searches: pd.DataFrame):
    older = reference_of(searches, "2026-02-03-older")
    newer = reference_of(select(searches, searches["seed"].eq(1)))
    results, _ = merge_reference(NO_HISTORY, NO_HISTORY, [newer, older])
    marks = results.drop_duplicates("key").set_index("key")["reference"].to_dict()
    assert marks["reference-1"] == "2026-12-01"
    assert {mark for key, mark in marks.items() if key != "reference-1"} == {"2026-02-03"}


def test_reference_results_of_one_date_are_distinguished_by_name(searches: pd.DataFrame):
    second = searches.assign(key=searches["key"] + "b")
    results, history = merge_reference(
        NO_HISTORY, NO_HISTORY, [reference_of(searches), reference_of(second, "2026-12-01-again")]
    )
    (group,) = group_trials(results, history)
    assert set(group.rows) == {
        f"darts-1st, reference {NAME}", "darts-1st, reference 2026-12-01-again",
    }  # fmt: skip
