"""Searches epoch by epoch: what is laid out, what the trajectory shows, what its caption says."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.lines import Line2D

from reports.figures import trajectory, trajectory_figure
from reports.figures.epochs import rows_with_epochs
from reports.groups import Group
from tests.reports.drawn_lines import THICK, THIN, levels, points
from tests.reports.fake_trials import (
    DRAWN,
    OPTIMA,
    epochs_of,
    gradient_results,
    group_of,
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


def test_there_is_no_trajectory_without_accuracies_on_the_way():
    """As where only the architectures found are trained."""
    found = gradient_results()
    group = group_of(found, history=epochs_of(found).assign(test_value=np.nan))
    assert rows_with_epochs(group)
    assert trajectory_figure(group) is None


def test_the_trajectory_shows_every_search_and_the_median():
    group = searches()
    figure = trajectory.draw(group, ("darts-1st",))
    assert [ax.get_title() for ax in figure.axes] == ["CIFAR-10", "CIFAR-100", "ImageNet16-120"]
    ax = figure.axes[1]
    there = group.on("CIFAR-100")
    runs = there.loc[there["method"].eq("darts-1st")].sort_values(["seed"])["test_value"]
    assert [line[-1].tolist() for line in points(ax, THIN)] == [[6, value] for value in runs]
    (thick,) = points(ax, THICK)
    assert thick[:, 0].tolist() == [1, 2, 3, 4, 5, 6]
    assert thick[[0, -1], 1] == pytest.approx([np.median(runs) + 5, np.median(runs)])


def test_the_trajectory_shows_the_optimum_and_the_random_control():
    group = searches()
    figure = trajectory.draw(group, ("darts-1st",))
    there = group.on("CIFAR-10")
    drawn = there.loc[there["method"].eq("random"), "test_value"]
    assert levels(figure.axes[0]) == pytest.approx([OPTIMA["cifar10"], np.mean(drawn)])
    assert [text.get_text() for text in figure.legends[0].texts] == [
        "darts-1st", "one search", "random, mean (n = 12)", "best of the table",
    ]  # fmt: skip


def test_without_the_control_there_is_no_line_for_it():
    found = gradient_results()
    figure = trajectory.draw(group_of(found, history=epochs_of(found)), ("darts-1st",))
    assert "random" not in " ".join(text.get_text() for text in figure.legends[0].texts)


def test_an_unfinished_search_is_drawn_and_noted():
    found = gradient_results(seeds=3)
    history = epochs_of(found)
    found.loc[found["seed"].eq(1), ["state", "test_value"]] = ["diverged", np.nan]
    history = history.loc[~(history["seed"].eq(1) & history["epoch"].gt(3))]
    group = group_of(found, history=history)
    ax = trajectory.draw(group, ("darts-1st",)).axes[0]
    assert sorted(len(line) for line in points(ax, THIN)) == [3, 6, 6]
    picture = trajectory_figure(group)
    assert picture is not None
    assert "n = 2, none collapsed" in picture.caption
    assert "ends early is a search that did not finish" in picture.caption


def test_one_epoch_is_seen():
    found = gradient_results()
    group = group_of(found, history=epochs_of(found, epochs=1))
    ax = trajectory.draw(group, ("darts-1st",)).axes[0]
    # Four searches and their median, and not the level of the optimum.
    assert [line.get_marker() == "^" for line in ax.lines].count(True) == 5


def test_a_search_that_ended_after_one_epoch_is_seen():
    found = gradient_results(seeds=2)
    history = epochs_of(found)
    found.loc[found["seed"].eq(1), ["state", "test_value"]] = ["diverged", np.nan]
    history = history.loc[~(history["seed"].eq(1) & history["epoch"].gt(1))]
    ax = trajectory.draw(group_of(found, history=history), ("darts-1st",)).axes[0]
    seen = [line for line in ax.lines if line.get_marker() == "^" and line.get_linewidth() == THIN]
    assert [np.asarray(line.get_xdata()).tolist() for line in seen] == [[1]]


def test_legend_and_lines_have_the_same_look_in_any_company():
    found = pd.concat([gradient_results("plug-in", 2), gradient_results("darts-2nd", 2)])
    both = group_of(found, history=epochs_of(found))
    alone = gradient_results("plug-in", 2)
    plug_in = group_of(alone, history=epochs_of(alone))
    assert medians(plug_in)["plug-in"] == medians(both)["plug-in"]
    assert set(medians(both)) == {"plug-in", "darts-2nd"}


def medians(group: Group) -> dict[str, object]:
    """The look of each median, which legend and panels must share."""
    figure = trajectory.draw(group, group.rows)
    (legend,) = figure.legends
    entries = {line.get_label(): look_of(line) for line in legend.get_lines()}
    drawn = [look_of(line) for line in figure.axes[0].lines if line.get_linewidth() == THICK]
    assert drawn == [entries[row] for row in group.rows]
    return {row: entries[row] for row in group.rows}


def look_of(line: Line2D) -> tuple[object, ...]:
    return line.get_color(), line._unscaled_dash_pattern, line.get_marker()  # pyright: ignore
