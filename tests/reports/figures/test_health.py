"""How searches went: what the panels of operations, entropy and loss show."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.figure import Figure

from reports.figures import health, health_figures
from reports.figures.epochs import mean_counts, operations_of
from reports.groups import Group
from reports.palette import method_look, operation_look
from tests.reports.drawn_lines import THICK, THIN, points
from tests.reports.fake_trials import (
    OPERATIONS,
    epochs_of,
    gradient_results,
    group_of,
    history_of,
    results_of,
)


@pytest.fixture(scope="module")
def group() -> Group:
    """Four searches, of which one ended in skip connections."""
    found = gradient_results(collapsing=(2,))
    return group_of(found, history=epochs_of(found))


@pytest.fixture(scope="module")
def figure(group: Group) -> Figure:
    return health.draw(group, ("darts-1st",))


def test_operations_stand_in_the_order_of_alpha(group: Group):
    assert operations_of(group) == OPERATIONS
    assert operations_of(group) != tuple(sorted(OPERATIONS))


def test_counts_are_means_over_searches(group: Group):
    counts = mean_counts(group, group.epochs)
    assert list(counts.columns) == list(OPERATIONS)
    assert counts["nor_conv_3x3"].tolist() == [6, 6, 6, 6, 6, 4.5]
    assert counts["skip_connect"].tolist() == [0, 0, 0, 0, 0, 1.5]


def test_counts_are_stacked_in_the_looks_of_the_operations(figure: Figure):
    ax = figure.axes[0]
    areas = {to_hex(area.get_facecolor()[0]): area for area in ax.collections}  # pyright: ignore
    assert list(areas) == [operation_look(operation).colour.lower() for operation in OPERATIONS]
    skips = areas[operation_look("skip_connect").colour.lower()].get_paths()[0]
    last = np.asarray(skips.vertices)
    # At the end skip connections lie between no edge `none` and their mean of 1.5 edges.
    assert set(last[last[:, 0] == 6, 1]) == {0, 1.5}
    assert ax.get_ylim() == (0, 6)
    labels = [text.get_text() for text in figure.legends[0].texts]
    assert labels[: len(OPERATIONS)] == list(OPERATIONS)


def test_entropy_is_shown_for_every_search_under_its_greatest_value(figure: Figure):
    ax = figure.axes[1]
    ends = sorted(line[-1, 1] for line in points(ax, THIN))
    assert ends == pytest.approx([np.log(5) - 0.6 - 0.01 * seed for seed in (3, 2, 1, 0)])
    assert greatest_of(ax) == pytest.approx([np.log(5)] * 7)  # from before the first epoch on
    assert "greatest entropy" in [text.get_text() for text in figure.legends[0].texts]


def greatest_of(ax: Axes) -> list[float]:
    lines = [line for line in ax.lines if line.get_drawstyle() == "steps-pre"]
    return [float(y) for line in lines for y in np.asarray(line.get_ydata())]


def test_the_greatest_entropy_is_that_of_the_searched_edges():
    """In a space such as S1 edges differ in their operations; in mid-search some are dropped."""
    found = gradient_results(seeds=2)
    history = epochs_of(found, epochs=3)
    of_three_edges = np.log([1, 2, 3]).mean()
    history["greatest_entropy"] = np.where(history["epoch"].lt(3), of_three_edges, 0.4)
    ax = health.draw(group_of(found, history=history), ("darts-1st",)).axes[1]
    assert greatest_of(ax) == pytest.approx([of_three_edges] * 3 + [0.4])


def test_an_unknown_greatest_entropy_is_not_drawn():
    found = gradient_results(seeds=2)
    history = epochs_of(found).drop(columns="greatest_entropy")
    figure = health.draw(group_of(found, history=history), ("darts-1st",))
    assert greatest_of(figure.axes[1]) == []
    assert len(points(figure.axes[1], THIN)) == 2
    assert "greatest entropy" not in [text.get_text() for text in figure.legends[0].texts]


def test_losses_of_both_batches_are_shown(figure: Figure):
    ax = figure.axes[2]
    train, valid = points(ax, THICK)
    assert train[:, 1] == pytest.approx([2 / epoch + 0.15 for epoch in range(1, 7)])
    assert valid[:, 1] == pytest.approx([3 / epoch + 0.15 for epoch in range(1, 7)])
    assert len(points(ax, THIN)) == 8
    faces = [line.get_markerfacecolor() for line in ax.lines if line.get_linewidth() == THICK]
    assert faces == [method_look("darts-1st").colour, "white"]


def test_what_is_not_measured_is_said():
    found = gradient_results()
    columns = ["entropy", *(f"count_{operation}" for operation in OPERATIONS)]
    bare = group_of(found, history=epochs_of(found).drop(columns=columns))
    figure = health.draw(bare, ("darts-1st",))
    texts = [[text.get_text() for text in ax.texts] for ax in figure.axes]
    assert texts == [["not measured"], ["not measured"], []]
    assert operations_of(bare) == ()


def test_a_row_of_panels_for_each_method_and_no_more_than_a_page_holds():
    methods = [f"method-{letter}" for letter in "abcdef"]
    found = pd.concat([gradient_results(method, 2) for method in methods], ignore_index=True)
    one = found.loc[found["dataset"].eq("cifar10")]
    group = group_of(one, history=epochs_of(one, epochs=2))
    first, second = health_figures(group)
    name = "health-nas-bench-201-cifar10-paper"
    assert (first.name, second.name) == (name, f"{name}-2")
    assert [first.caption.count("n = 2, none collapsed"), second.caption.count("n = 2")] == [5, 1]
    titles = [ax.get_title(loc="left") for ax in health.draw(group, methods[:2]).axes]
    assert titles == ["method-a", "", "", "method-b", "", ""]


def test_searches_without_epochs_have_no_such_figure():
    found = results_of("random-search", 3)
    assert health_figures(group_of(found, history=history_of(found))) == ()


def with_measured(*methods: str, **columns: str) -> Group:
    """Searches of these methods, of which some recorded further quantities of each epoch."""
    found = pd.concat([gradient_results(method, 2) for method in methods], ignore_index=True)
    one = found.loc[found["dataset"].eq("cifar10")]
    history = epochs_of(one)
    for column, its_methods in columns.items():
        has = history["method"].isin(its_methods.split())
        history.loc[has, column] = 10.0 * history["epoch"] + history["seed"]
    return group_of(one, history=history)


def test_what_only_some_methods_measure_has_a_panel_below():
    group = with_measured("asap", "darts-1st", survivors="asap", hessian_eigenvalue="asap")
    figure = health.draw(group, ("asap", "darts-1st"))
    titles = [ax.get_title(loc="left") for ax in figure.axes]
    assert titles == ["asap", "", "", "darts-1st", "", "", "asap", "asap"]
    survivors, eigenvalue = figure.axes[6:]
    labels = [survivors.get_ylabel(), eigenvalue.get_ylabel()]
    assert labels == ["operations left", "eigenvalue"]
    assert survivors.get_ylim()[0] == 0
    for ax in (survivors, eigenvalue):  # a line for each seed
        ends = sorted(line[-1].tolist() for line in points(ax, THIN))
        assert ends == [[6, 60], [6, 61]]
    # The lowest panel of each column says what is finished_in_words.
    assert [ax.get_xlabel() for ax in figure.axes] == [*[""] * 5, "epoch", "epoch", "epoch"]
    (made,) = health_figures(group)
    assert "Operations left:" in made.caption
    assert "Eigenvalue:" in made.caption


def test_methods_that_measure_nothing_more_have_no_further_panels():
    group = with_measured("darts-1st", "pc-darts")
    assert len(health.draw(group, ("darts-1st", "pc-darts")).axes) == 6
    (made,) = health_figures(group)
    assert "Operations left" not in made.caption
    assert "Eigenvalue" not in made.caption


def test_further_panels_take_their_room_from_the_page():
    methods = [f"method-{letter}" for letter in "abcdef"]
    group = with_measured(*methods, hessian_eigenvalue=" ".join(methods))
    # Three methods and one line for their three eigenvalues; four of them would take six lines.
    assert [made.caption.count("n = 2") for made in health_figures(group)] == [3, 3]


def test_legend_and_areas_of_unknown_operations_have_the_same_look():
    found = gradient_results(seeds=2)
    history = epochs_of(found).assign(count_one=1.0, count_another=2.0)
    figure = health.draw(group_of(found, history=history), ("darts-1st",))
    areas = [(to_hex(a.get_facecolor()[0]), a.get_hatch()) for a in figure.axes[0].collections]  # pyright: ignore
    patches = figure.legends[0].get_patches()
    assert areas == [(to_hex(patch.get_facecolor()), patch.get_hatch()) for patch in patches]
    looks = [operation_look("another"), operation_look("one")]
    assert areas[-2:] == [(look.colour.lower(), look.hatch) for look in looks]
