"""Test accuracies: what is averaged, what is counted."""

from __future__ import annotations

import pytest

from reports.tables.results import main_table
from tests.reports.fake_trials import (
    COLLAPSED,
    OPTIMA,
    failed,
    gradient_results,
    group_of,
    results_of,
)
from tests.reports.readers import markdown, rows_of

OPTIMUM_DRAWS = {dataset: (optimum, 0.0) for dataset, optimum in OPTIMA.items()}


def test_failed_trials_are_counted_and_not_averaged():
    whole = results_of("random-search", 6)
    broken = failed(whole, {1, 4}, "boom")
    row = rows_of(main_table(group_of(broken)))[0]
    kept = whole[whole["seed"].isin([0, 2, 3, 5]) & whole["dataset"].eq("cifar10")]
    assert float(row["mean"]) == pytest.approx(kept["test_value"].mean())
    assert row["n"] == "4"
    assert row["states"] == "4 done, 2 failed"
    assert "2 runs failed (boom)" in markdown(broken)


def test_what_has_no_ground_truth_is_counted_and_not_averaged():
    """A training that failed, or is still to come: the mean of the others may be biased."""
    results = results_of("darts-1st", 4, {"cifar10": (90.0, 0.0)})
    unknown = results["seed"].isin([1, 2])
    results.loc[unknown, ["test_value", "reason"]] = [None, "its training failed: no"]
    row = rows_of(main_table(group_of(results)))[0]
    assert (float(row["mean"]), row["n"]) == (90.0, "2")
    assert row["states"] == "2 done, 2 done without accuracy"
    assert "2 runs done without accuracy (its training failed: no)" in markdown(results)


def test_an_accuracy_of_an_unfinished_trial_is_not_a_result():
    results = results_of("darts-1st", 4, {"cifar10": (90.0, 0.0)})
    results.loc[results["seed"].eq(3), ["state", "test_value"]] = ["diverged", 10.0]
    row = rows_of(main_table(group_of(results)))[0]
    assert (float(row["mean"]), row["n"]) == (90.0, "3")
    assert row["states"] == "3 done, 1 diverged"


def test_collapsed_trials_stay_in_the_mean():
    good = results_of("darts-1st", 3, {"cifar10": (90.0, 0.0)})
    bad = results_of("darts-1st", 1, {"cifar10": (54.0, 0.0)}, collapsed=True, seed=3, key="bad")
    row = rows_of(main_table(group_of(good, bad)))[0]
    assert float(row["mean"]) == pytest.approx((3 * 90 + 54) / 4)
    assert row["states"] == "4 done; 1 collapsed (5 to 70 %)"


def test_equal_runs_have_no_interval():
    text = markdown(results_of("darts-1st", 4, COLLAPSED))
    assert "54.30 | all 4 equal" in text
    assert "± 0.00 (4)" not in text


def test_the_optimum_is_a_row_and_baselines_stand_last():
    group = group_of(results_of("random", 4, OPTIMUM_DRAWS), results_of("random-search", 4))
    names = [row["method"] for row in rows_of(main_table(group)) if row["dataset"] == "cifar10"]
    assert names == ["random-search", "random", "best of the table"]
    assert rows_of(main_table(group))[2]["mean"] == "94.37"


def test_what_collapsed_means_is_said_once_and_where_it_is_counted():
    text = markdown(gradient_results(collapsing=(2,)))
    assert text.count("no path from the cell's input to its output has") == 1
    assert text.index("1 collapsed (5 to 70 %)") < text.index("Collapsed: no path")
    assert "Collapsed" not in markdown(gradient_results())
