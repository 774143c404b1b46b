"""What was run."""

from __future__ import annotations

from reports.tables.runs import runs_table
from tests.reports.fake_trials import (
    group_of,
    results_of,
)
from tests.reports.readers import rows_of


def test_what_was_run_names_protocol_seeds_and_device():
    (row,) = rows_of(runs_table([group_of(results_of("random-search", 4))]))
    assert (row["protocol"], row["runs"], row["seeds"], row["device"]) == (
        "paper", "4", "0 to 3", "cpu",
    )  # fmt: skip
