"""Columns that the frames must have, and those that they may lack."""

from __future__ import annotations

import pandas as pd
import pytest

from reports.groups import group_trials
from tests.reports.fake_trials import (
    NO_HISTORY,
    gradient_results,
    group_of,
    results_of,
)


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="results lacks percentile"):
        group_trials(results_of("random-search", 3).drop(columns="percentile"), NO_HISTORY)


def test_results_from_before_peak_memory_was_recorded_are_read():
    found = gradient_results().drop(columns="peak_memory_mib")
    group = group_of(found, history=pd.DataFrame())
    assert list(group.results["peak_memory_mib"].dropna()) == []
