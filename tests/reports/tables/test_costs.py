"""What searches cost."""

from __future__ import annotations

from reports.groups import group_trials
from reports.tables.costs import cost_table
from tests.reports.fake_trials import (
    DRAWN,
    epochs_of,
    gradient_results,
    group_of,
    results_of,
    together,
)
from tests.reports.readers import rows_of


def test_costs_are_per_trial_and_kept_apart():
    results = results_of("random-search", 3)
    results["simulated_seconds"] = results["seed"] * 250.0 + 100.0
    results["search_seconds"] = 0.5
    (row,) = rows_of(cost_table(group_of(results)))
    assert (row["simulated_seconds_median"], row["simulated_seconds_max"]) == ("350.0", "600.0")
    assert (row["search_seconds_median"], row["n"]) == ("0.5", "3")


def test_memory_and_seconds_of_an_epoch_are_costs_where_they_are_known():
    found = gradient_results(collapsing=(2, 3))  # peak 2000 MiB, of the collapsed ones 2100
    found.loc[found["seed"].eq(1), "peak_memory_mib"] = 2500.25
    results = together(found, results_of("random", 4, DRAWN))
    (group,) = group_trials(results, epochs_of(found))  # an epoch takes 10 seconds plus the seed
    darts, random = rows_of(cost_table(group))
    assert (darts["peak_memory_mib_median"], darts["peak_memory_mib_max"]) == ("2100.0", "2500.25")
    assert darts["epoch_seconds_median"] == "11.5"
    assert darts["simulated_seconds_median"] == ""
    assert float(random["simulated_seconds_median"]) > 0
    assert (random["peak_memory_mib_max"], random["epoch_seconds_median"]) == ("", "")


def test_costs_that_nobody_has_are_left_out():
    fields = set(rows_of(cost_table(group_of(results_of("random-search", 3))))[0])
    assert {"simulated_seconds_max", "search_seconds_max", "evaluated_max"} <= fields
    assert not {"peak_memory_mib_max", "epoch_seconds_median"} & fields
    fields = set(rows_of(cost_table(group_of(gradient_results())))[0])
    assert {"search_seconds_max", "peak_memory_mib_max"} <= fields
    assert not {"simulated_seconds_max", "evaluated_max"} & fields


def test_an_epoch_of_an_unfinished_search_is_no_cost():
    found = gradient_results(seeds=3)
    history = epochs_of(found)
    found.loc[found["seed"].eq(2), ["state", "test_value"]] = ["oom", None]
    (group,) = group_trials(found, history)
    assert rows_of(cost_table(group))[0]["epoch_seconds_median"] == "10.5"


def test_what_an_epoch_costs_is_the_median_of_all_epochs():
    found = gradient_results(seeds=1)
    history = epochs_of(found)
    history["epoch_seconds"] = history["epoch"] ** 2  # 1, 4, 9, 16, 25, 36; once a dataset
    table = cost_table(group_of(found, history=history))
    assert table.blocks[0].rows[0][-1].values == (12.5,)
