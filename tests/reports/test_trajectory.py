"""Searches epoch by epoch: what is laid out, what the trajectory shows, what its caption says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from reports.epochs import by_search, counted, finished_among, rows_with_epochs
from reports.figures import trajectory, trajectory_figure
from reports.palette import looks, looks_of_rows
from reports.summary import cost_table
from reports.trials import Group
from tests.reports.drawings import THICK, THIN, group_of, levels, points
from tests.reports.frames import (
    DRAWN,
    OPTIMA,
    epochs_of,
    gradient_results,
    history_of,
    results_of,
)


def searches(**changes: object) -> Group:
    """Four searches with DARTS, of which one collapsed, beside random architectures."""
    found = gradient_results(collapsing=(2,)).assign(**changes)
    return group_of(found, results_of("random", 12, DRAWN), history=epochs_of(found))


def test_random_search_has_no_epochs():
    found = results_of("random-search", 3)
    group = group_of(found, history=history_of(found))
    assert rows_with_epochs(group) == ()
    assert trajectory_figure(group) is None


def test_a_quantity_has_a_line_for_each_epoch_and_a_column_for_each_search():
    group = searches()
    values = by_search(group.epochs, "entropy")
    assert values.shape == (6, 4)
    assert list(values.index) == [1, 2, 3, 4, 5, 6]
    assert values.loc[3, "darts-1st-1"] == pytest.approx(np.log(5) - 0.3 - 0.01)


def test_medians_are_those_of_finished_searches_as_far_as_all_go():
    found = gradient_results(seeds=3)
    broken = found.copy()
    broken.loc[broken["seed"].eq(1), ["state", "test_accuracy"]] = ["diverged", np.nan]
    history = epochs_of(found)
    ended = history["seed"].eq(2) & history["epoch"].gt(4)
    group = group_of(broken, history=history.loc[~ended])
    values = finished_among(group, by_search(group.epochs, "search_train_loss"))
    assert list(values) == ["darts-1st-0", "darts-1st-2"]
    assert list(values.index) == [1, 2, 3, 4]


def test_the_trajectory_shows_every_search_and_the_median():
    group = searches()
    figure = trajectory.draw(group, ("darts-1st",))
    assert [ax.get_title() for ax in figure.axes] == ["CIFAR-10", "CIFAR-100", "ImageNet16-120"]
    ax = figure.axes[1]
    there = group.on("CIFAR-100")
    runs = there.loc[there["method"].eq("darts-1st")].sort_values(["seed"])["test_accuracy"]
    assert [line[-1].tolist() for line in points(ax, THIN)] == [[6, value] for value in runs]
    (thick,) = points(ax, THICK)
    assert thick[:, 0].tolist() == [1, 2, 3, 4, 5, 6]
    assert thick[[0, -1], 1] == pytest.approx([np.median(runs) + 5, np.median(runs)])


def test_the_trajectory_shows_the_optimum_and_the_random_control():
    group = searches()
    figure = trajectory.draw(group, ("darts-1st",))
    there = group.on("CIFAR-10")
    drawn = there.loc[there["method"].eq("random"), "test_accuracy"]
    assert levels(figure.axes[0]) == pytest.approx([OPTIMA["cifar10"], np.mean(drawn)])
    assert [text.get_text() for text in figure.legends[0].texts] == [
        "darts-1st", "one search", "random, mean (n = 12)", "best of the table",
    ]  # fmt: skip


def test_without_the_control_there_is_no_line_for_it():
    found = gradient_results()
    figure = trajectory.draw(group_of(found, history=epochs_of(found)), ("darts-1st",))
    assert "random" not in " ".join(text.get_text() for text in figure.legends[0].texts)


def test_the_caption_counts_searches_and_collapses():
    other = gradient_results("pc-darts", seeds=2)
    found = pd.concat([gradient_results(collapsing=(0, 2)), other], ignore_index=True)
    group = group_of(found, history=epochs_of(found))
    assert counted(group, ("darts-1st", "pc-darts")) == (
        "darts-1st n = 4, 2 collapsed; pc-darts n = 2, none collapsed"
    )
    picture = trajectory_figure(group)
    assert picture is not None
    assert "protocol paper" in picture.caption
    assert "pc-darts n = 2, none collapsed; darts-1st n = 4, 2 collapsed" in picture.caption
    assert "did not finish" not in picture.caption


def test_an_unfinished_search_is_drawn_and_told():
    found = gradient_results(seeds=3)
    history = epochs_of(found)
    found.loc[found["seed"].eq(1), ["state", "test_accuracy"]] = ["diverged", np.nan]
    history = history.loc[~(history["seed"].eq(1) & history["epoch"].gt(3))]
    group = group_of(found, history=history)
    ax = trajectory.draw(group, ("darts-1st",)).axes[0]
    assert sorted(len(line) for line in points(ax, THIN)) == [3, 6, 6]
    picture = trajectory_figure(group)
    assert picture is not None
    assert "n = 2, none collapsed" in picture.caption
    assert "ends early is a search that did not finish" in picture.caption


def test_what_an_epoch_costs_is_the_median_of_all_epochs():
    found = gradient_results(seeds=1)
    history = epochs_of(found)
    history["epoch_seconds"] = history["epoch"] ** 2  # 1, 4, 9, 16, 25, 36; once a dataset
    table = cost_table(group_of(found, history=history))
    assert table.blocks[0].rows[0][-1].values == (12.5,)


def test_one_epoch_is_seen():
    found = gradient_results()
    group = group_of(found, history=epochs_of(found, epochs=1))
    ax = trajectory.draw(group, ("darts-1st",)).axes[0]
    # Four searches and their median, and not the level of the optimum.
    assert [line.get_marker() == "o" for line in ax.lines].count(True) == 5


def test_a_search_that_ended_after_one_epoch_is_seen():
    found = gradient_results(seeds=2)
    history = epochs_of(found)
    found.loc[found["seed"].eq(1), ["state", "test_accuracy"]] = ["diverged", np.nan]
    history = history.loc[~(history["seed"].eq(1) & history["epoch"].gt(1))]
    ax = trajectory.draw(group_of(found, history=history), ("darts-1st",)).axes[0]
    seen = [line for line in ax.lines if line.get_marker() == "o"]
    assert [np.asarray(line.get_xdata()).tolist() for line in seen] == [[1]]


def test_rows_of_one_method_share_its_colour_and_differ_by_line():
    found = looks_of_rows({"darts-1st v1": "darts-1st", "darts-1st v2": "darts-1st", "x": "asap"})
    first, second = found["darts-1st v1"], found["darts-1st v2"]
    assert first == looks(["darts-1st"])["darts-1st"]
    assert first.colour == second.colour
    assert first.line != second.line
    assert found["x"] == looks(["asap"])["asap"]


def test_results_from_before_peak_memory_was_recorded_are_read():
    found = gradient_results().drop(columns="peak_memory_mib")
    group = group_of(found, history=pd.DataFrame())
    assert list(group.results["peak_memory_mib"].dropna()) == []
