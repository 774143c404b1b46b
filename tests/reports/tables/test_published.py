"""Our results beside published ones, with and without a verdict."""

from __future__ import annotations

import pytest

from reports.frames import select
from reports.tables.published import DELTA, reproduction_summary, reproduction_table
from tests.reports.fake_trials import (
    GOOD,
    gradient_results,
    group_of,
    results_of,
    together,
)
from tests.reports.readers import markdown, rows_of


def test_reproduction_names_both_tables_and_gives_a_verdict():
    accuracy = {dataset: (mean, 0.01) for dataset, (mean, _) in GOOD.items()}
    rows = rows_of(reproduction_table([group_of(results_of("random-search", 50, accuracy))]))
    assert [row["dataset"] for row in rows] == ["cifar10", "cifar100", "imagenet16-120"]
    assert [row["published"] for row in rows] == ["93.7", "71.04", "44.57"]
    assert {row["verdict"] for row in rows} == {"reproduced"}
    assert rows[0]["our_table"] == "nats-bench-public (1.0)"
    assert "NAS-Bench-201 v1.x" in rows[0]["published_table"]
    assert rows[0]["read_or_recalled"] == "recalled"


def test_reproduction_tells_what_differs_and_what_it_cannot_tell():
    far = {dataset: (mean - 3, 0.1) for dataset, (mean, _) in GOOD.items()}
    rows = rows_of(reproduction_table([group_of(results_of("random-search", 50, far))]))
    assert {row["verdict"] for row in rows} == {"differs"}
    text = markdown(results_of("random-search", 1))
    assert "| undecided (n=1) |" in text


PUBLISHED = {"cifar10": "54.3", "cifar100": "15.61", "imagenet16-120": "16.32"}
"""Of DARTS, first order: all three runs found the cell of skip connections, sd 0.00."""


def test_searches_that_all_collapse_reproduce_a_publication_whose_searches_all_did():
    group = group_of(gradient_results(collapsing=(0, 1, 2, 3)))
    rows = rows_of(reproduction_table([group]))
    assert {row["dataset"]: row["published"] for row in rows} == PUBLISHED
    assert [row["published_sd"] for row in rows] == ["0.0"] * 3
    for row in rows:
        assert row["verdict"] == "reproduced"
        # Neither side has a spread, so the difference is exact.
        assert [float(row[f"difference{end}"]) for end in ("", "_low", "_high")] == [0, 0, 0]
        assert (row["ours_low"], row["ours_high"]) == ("", "")
    text = markdown(group.results.drop(columns=["row", "panel"]))
    assert "| 54.30 ± 0.00 (3) | 54.30 (all 4 equal) | 4 | 0.00 (all equal) | reproduced |" in text


def test_searches_that_all_find_another_cell_differ():
    found = gradient_results(collapsing=(0, 1, 2, 3))
    found["test_value"] += 7.0
    rows = rows_of(reproduction_table([group_of(found)]))
    assert {row["verdict"] for row in rows} == {"differs"}
    # Rounding in a publication is no difference.
    found["test_value"] -= 7.0 - 0.004
    rows = rows_of(reproduction_table([group_of(found)]))
    assert {row["verdict"] for row in rows} == {"reproduced"}


def test_some_searches_that_escape_the_collapse_decide_nothing():
    for escaped in (1, 2, 3):
        collapsing = tuple(range(escaped, 4))
        rows = rows_of(reproduction_table([group_of(gradient_results(collapsing=collapsing))]))
        for row in rows:
            assert (row["verdict"], row["n"]) == ("undecided", "4")
            low, value, high = (float(row[f"difference{end}"]) for end in ("_low", "", "_high"))
            assert low < 0 < value < high


def test_deltas_are_those_of_the_rule():
    assert DELTA == {"cifar10": 0.2, "cifar100": 0.5, "imagenet16-120": 0.5}


def test_overridden_settings_are_compared_with_nothing_published():
    results = results_of("random-search", 4, overrides="time_budget_seconds=6000")
    assert reproduction_table([group_of(results)]) is None
    assert "No published number applies" in markdown(results)


def test_where_the_protocol_is_chosen_a_difference_is_shown_and_no_verdict():
    found = together(gradient_results("pc-darts"), gradient_results("rf-darts"))
    table = reproduction_table([group_of(found)])
    rows = rows_of(table)
    assert [row["published"] for row in rows if row["method"] == "pc-darts"] == [
        "93.41", "67.48", "41.31",
    ]  # fmt: skip
    assert [row["published"] for row in rows if row["method"] == "rf-darts"] == ["94.27", "72.94"]
    assert {row["verdict"] for row in rows} == {"protocol chosen"}
    for row in rows:
        expected = float(row["ours"]) - float(row["published"])
        assert float(row["difference"]) == pytest.approx(expected)
    assert table is not None
    assert reproduction_summary(table).startswith(
        "5 published numbers are compared without a verdict"
    )
    assert [note for note in table.notes if note.startswith("Protocol chosen:")]


def test_chosen_protocols_are_counted_apart_from_the_verdicts():
    both = together(gradient_results(collapsing=(0, 1, 2, 3)), gradient_results("pc-darts"))
    table = reproduction_table([group_of(select(both, both["dataset"].eq("cifar10")))])
    assert table is not None
    assert reproduction_summary(table).startswith(
        "Of 1 published numbers, 1 are reproduced, 0 differ and 0 are undecided. "
        "1 more published number is compared without a verdict"
    )
