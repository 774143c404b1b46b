"""Quantities laid out by epoch and search."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reports.figures import trajectory_figure
from reports.figures.epochs import by_search, finished_among, finished_in_words
from tests.reports.fake_trials import (
    epochs_of,
    gradient_results,
    group_of,
)
from tests.reports.figures.test_trajectory import searches


def test_a_quantity_has_a_line_for_each_epoch_and_a_column_for_each_search():
    group = searches()
    values = by_search(group.epochs, "entropy")
    assert values.shape == (6, 4)
    assert list(values.index) == [1, 2, 3, 4, 5, 6]
    assert values.loc[3, "darts-1st-1"] == pytest.approx(np.log(5) - 0.3 - 0.01)


def test_medians_are_those_of_finished_searches_as_far_as_all_go():
    found = gradient_results(seeds=3)
    broken = found.copy()
    broken.loc[broken["seed"].eq(1), ["state", "test_value"]] = ["diverged", np.nan]
    history = epochs_of(found)
    ended = history["seed"].eq(2) & history["epoch"].gt(4)
    group = group_of(broken, history=history.loc[~ended])
    values = finished_among(group, by_search(group.epochs, "search_train_loss"))
    assert list(values) == ["darts-1st-0", "darts-1st-2"]
    assert list(values.index) == [1, 2, 3, 4]


def test_the_caption_counts_searches_and_collapses():
    other = gradient_results("pc-darts", seeds=2)
    found = pd.concat([gradient_results(collapsing=(0, 2)), other], ignore_index=True)
    group = group_of(found, history=epochs_of(found))
    assert finished_in_words(group, ("darts-1st", "pc-darts")) == (
        "darts-1st n = 4, 2 collapsed; pc-darts n = 2, none collapsed"
    )
    picture = trajectory_figure(group)
    assert picture is not None
    assert "protocol paper" in picture.caption
    assert "pc-darts n = 2, none collapsed; darts-1st n = 4, 2 collapsed" in picture.caption
    assert "did not finish" not in picture.caption
