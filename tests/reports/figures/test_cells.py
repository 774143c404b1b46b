"""The cells found: which are drawn, with which edges, under which words."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import to_hex
from matplotlib.patches import FancyArrowPatch

from benchmarks.metric import ACCURACY
from benchmarks.spaces import SPACES
from reports.figures import cells, cells_figure
from reports.palette import operation_look
from tests.reports.fake_trials import (
    CONVOLUTIONS,
    SKIPS,
    epochs_of,
    gradient_results,
    group_of,
    history_of,
    results_of,
)

MIXED = "|nor_conv_3x3~0|+|none~0|skip_connect~1|+|avg_pool_3x3~0|nor_conv_1x1~1|nor_conv_1x1~2|"


def arrows(ax: Axes) -> list[FancyArrowPatch]:
    return [patch for patch in ax.patches if isinstance(patch, FancyArrowPatch)]


def cell_of(architecture: str, **changes: object) -> cells.FoundCell:
    values = {"finders": (("darts-1st", (0,)),), "value": 90.0, "parameters": 1e6}
    return cells.FoundCell(architecture, **(values | {"collapsed": False} | changes))  # pyright: ignore


def test_equal_cells_are_one_with_all_that_found_it():
    found = pd.concat(
        [gradient_results(collapsing=(2,)), gradient_results("pc-darts", 2)], ignore_index=True
    )
    group = group_of(found, history=epochs_of(found))
    good, bad = cells.found_cells(group)
    assert (good.architecture, bad.architecture) == (CONVOLUTIONS, SKIPS)
    assert good.finders == (("darts-1st", (0, 1, 3)), ("pc-darts", (0, 1)))
    assert (good.searches, bad.searches) == (5, 1)
    assert (good.collapsed, bad.collapsed) == (False, True)
    assert bad.value == 54.30
    picture = cells_figure(group)
    assert picture is not None
    assert picture.caption.startswith("2 different cells found")
    assert "protocol paper" in picture.caption
    assert "darts-1st n = 4, 1 collapsed" in picture.caption
    assert "Left out" not in picture.caption


def test_every_edge_is_drawn_in_the_look_of_its_operation():
    (ax,) = cells.draw("nas-bench-201", [cell_of(MIXED)], ACCURACY).axes
    drawn = arrows(ax)
    space = SPACES["nas-bench-201"]
    operations = space.parse(MIXED).operations
    assert [arrow.get_label() for arrow in drawn] == list(operations)
    assert [to_hex(arrow.get_edgecolor()) for arrow in drawn] == [
        operation_look(operation).colour.lower() for operation in operations
    ]
    # Each curve (start, control point, end, head) joins the nodes of the space's own edge; longer
    # ones leave even nodes upwards and odd nodes downwards.
    for arrow, edge in zip(drawn, space.cell_types["cell"].edges, strict=True):
        curve = np.asarray(arrow.get_path().vertices)[:3]
        assert np.abs(curve[[0, 2], 0] - [edge.source, edge.target]).max() < 0.2
        is_arc = edge.target - edge.source > 1
        assert np.sign(curve[1, 1].round(6)) == is_arc * (1 if edge.source % 2 == 0 else -1)
    words = sorted(text.get_text() for text in ax.texts)
    assert words == sorted(["0", "1", "2", "3", "3×3", "skip", "pool", "1×1", "1×1"])


def test_the_legend_names_the_operations_that_are_drawn():
    figure = cells.draw("nas-bench-201", [cell_of(SKIPS), cell_of(CONVOLUTIONS)], ACCURACY)
    labels = [text.get_text() for text in figure.legends[0].texts]
    assert labels == ["nor_conv_3x3", "skip_connect"]
    for label, line in zip(labels, figure.legends[0].get_lines(), strict=True):
        (arrow, *_) = [a for ax in figure.axes for a in arrows(ax) if a.get_label() == label]
        assert to_hex(arrow.get_edgecolor()) == to_hex(line.get_color())


def test_words_above_a_cell():
    finders = (("darts-1st", (0, 1, 3)), ("pc-darts", (2,)))
    cell = cell_of(SKIPS, finders=finders, value=54.3, parameters=73_306, collapsed=True)
    (ax,) = cells.draw("nas-bench-201", [cell], ACCURACY).axes
    assert ax.get_title() == (
        "54.30 %, 0.07 M, collapsed\ndarts-1st: seeds 0, 1, 3\npc-darts: seed 2"
    )


def test_many_seeds_are_counted_and_not_listed():
    cell = cell_of(CONVOLUTIONS, finders=(("darts-1st", tuple(range(0, 14, 2))),))
    (ax,) = cells.draw("nas-bench-201", [cell], ACCURACY).axes
    assert ax.get_title().endswith("\ndarts-1st: 7 searches")


def test_accuracy_and_parameters_are_those_of_the_search_dataset():
    found = gradient_results(seeds=1, search_dataset="cifar100")
    found.loc[found["dataset"].eq("cifar100"), ["test_value", "parameters"]] = [70.25, 2e6]
    (cell,) = cells.found_cells(group_of(found, history=epochs_of(found)))
    assert (cell.value, cell.parameters) == (70.25, 2e6)


def test_at_most_eight_are_drawn_and_the_rest_is_counted():
    found = gradient_results(seeds=12)
    space = SPACES["nas-bench-201"]
    for seed in range(12):  # seeds 10 and 11 find the cell of seed 0
        text = str(space.parse(str(seed % 10)))
        found.loc[found["seed"].eq(seed), "architecture"] = text
    group = group_of(found, history=epochs_of(found, epochs=1))
    assert len(cells.found_cells(group)) == 10
    assert cells.found_cells(group)[0].finders == (("darts-1st", (0, 10)),)
    picture = cells_figure(group)
    assert picture is not None
    assert picture.caption.endswith("Left out: 2 cells of 2 searches.")


def test_random_draws_are_not_drawn():
    found = results_of("random-search", 3, architecture=CONVOLUTIONS)
    assert cells_figure(group_of(found, history=history_of(found))) is None


def test_cells_of_unknown_spaces_are_not_drawn():
    found = gradient_results(space="plug-in")
    assert cells_figure(group_of(found, history=epochs_of(found))) is None
