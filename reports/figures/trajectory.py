"""Test value of the architecture derived after each epoch: the picture of DARTS's collapse."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from reports.figures.canvas import (
    Entry,
    Picture,
    add_legend,
    draw_optimum,
    optimum_entries,
    panels_of,
    picture,
    printed,
)
from reports.figures.epoch_lines import draw_searches, epoch_axis, median_entry, one_search_entry
from reports.figures.epochs import by_search, finished_among, finished_in_words, rows_with_epochs
from reports.frames import done, select, values_of
from reports.groups import Group
from reports.palette import Look, row_looks


def trajectory_figure(group: Group) -> Picture | None:
    """Draw test value against epoch; None without epochs or without their values."""
    rows = rows_with_epochs(group)
    if not rows or not len(values_of(group.epochs, "test_value")):
        return None
    caption = (
        f"Test {group.metric.name} of the architecture derived after each epoch, {group.title}: "
        f"{finished_in_words(group, rows)}. "
        "Thin: one search; thick: the median of the finished ones. "
        f"Test {group.metric.plural} are looked up afterwards; no search sees them."
    )
    if set(group.epochs["key"]) - set(done(group.results)["key"]):
        caption += " A line that ends early is a search that did not finish."
    with printed():
        return picture(f"trajectory-{group.name}", caption, draw(group, rows))


def draw(group: Group, rows: Sequence[str]) -> Figure:
    """Draw these rows, a panel for each evaluated dataset."""
    events = group.epochs
    panels = [panel for panel in group.panels if panel in set(events["panel"])]
    looks = row_looks(group.methods)
    figure, axes = panels_of(len(panels), 2.3, share_y=False)
    for panel, ax in zip(panels, axes, strict=True):
        on_panel = select(events, events["panel"].eq(panel))
        for row in rows:
            values = by_search(select(on_panel, on_panel["row"].eq(row)), "test_value")
            draw_searches(ax, values, finished_among(group, values), looks[row])
        draw_optimum(ax.axhline, group.optimum(panel))
        _draw_control(ax, group, panel, looks)
        ax.set_title(panel)
        epoch_axis(ax)
    axes[0].set_ylabel(f"test {group.metric.label}")
    add_legend(figure, _legend(group, rows, looks))
    return figure


def _control_values(group: Group, panel: str) -> list[float]:
    finished = done(group.on(panel))
    return list(values_of(select(finished, finished["row"].eq(group.control)), "test_value"))


def _draw_control(ax: Axes, group: Group, panel: str, looks: Mapping[str, Look]) -> None:
    values = _control_values(group, panel)
    if group.control is not None and values:
        look = looks[group.control]
        mean = math.fsum(values) / len(values)
        ax.axhline(mean, color=look.colour, lw=0.9, ls=look.line, zorder=1)


def _legend(group: Group, rows: Sequence[str], looks: Mapping[str, Look]) -> list[Entry]:
    entries = [*(median_entry(row, looks[row]) for row in rows), one_search_entry()]
    if group.control is not None:
        look = looks[group.control]
        n = max(len(_control_values(group, panel)) for panel in group.panels)
        label = f"{group.control}, mean (n = {n})"
        entries.append(Line2D([], [], color=look.colour, lw=0.9, ls=look.line, label=label))
    return entries + optimum_entries(group)
