"""The course of searches: operations of the derived cell, entropy of the mixture, supernet loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from reports.figures.canvas import WIDTH, Entry, Picture, add_legend, picture, printed
from reports.figures.epoch_lines import draw_searches, epoch_axis, median_entry, one_search_entry
from reports.figures.epochs import (
    by_search,
    finished_among,
    finished_in_words,
    mean_counts,
    operations_of,
    rows_with_epochs,
)
from reports.frames import select
from reports.groups import Group
from reports.palette import FAINT, INK, Look, operation_look, row_looks

_LINES = 5  # rows of panels that fit on a page
_PANELS = 3  # per row
_MEASURED = {
    "survivors": ("operations left", "Operations left: those on all edges that are not pruned."),
    "hessian_eigenvalue": (
        "eigenvalue",
        "Eigenvalue: the dominant one of the Hessian of the validation loss with respect to alpha.",
    ),
}
"""Quantities that only some searches measure: label of the axis, sentence of the caption."""

_ANY_METHOD = Look(INK)
_GREATEST: dict[str, Any] = {"color": FAINT, "lw": 0.9, "ls": ":"}


def health_figures(group: Group) -> tuple[Picture, ...]:
    """Draw a row of panels for each method that runs in epochs, a few methods per figure.

    Quantities that only some methods measure have panels below.
    """
    chunks: list[list[str]] = []
    for row in rows_with_epochs(group):
        if chunks and _lines(group, [*chunks[-1], row]) <= _LINES:
            chunks[-1].append(row)
        else:
            chunks.append([row])
    return tuple(_figure(group, number, shown) for number, shown in enumerate(chunks, start=1))


def _figure(group: Group, number: int, rows: Sequence[str]) -> Picture:
    caption = (
        f"Searches epoch by epoch, {group.title}: {finished_in_words(group, rows)}. "
        "Left: edges of the derived cell by operation, mean over the finished searches. Middle: "
        "entropy of the mixture's weights, mean over edges. Right: loss of the supernet on the "
        "batches that train its weights (search_train, filled markers) and alpha (search_valid, "
        "open markers). Thin: one search; thick: the median of the finished ones."
    )
    measured = {column for _, column in _measured(group, rows)}
    caption += "".join(f" {_MEASURED[column][1]}" for column in _MEASURED if column in measured)
    name = f"health-{group.name}" + (f"-{number}" if number > 1 else "")
    with printed():
        return picture(name, caption, draw(group, rows))


def _measured(group: Group, rows: Sequence[str]) -> list[tuple[str, str]]:
    """Return (row, column) of each additional quantity that these methods measured."""
    there = group.epochs.groupby("row")[list(_MEASURED)].count()
    return [(row, column) for column in _MEASURED for row in rows if there.at[row, column]]


def _lines(group: Group, rows: Sequence[str]) -> int:
    return len(rows) + math.ceil(len(_measured(group, rows)) / _PANELS)


def draw(group: Group, rows: Sequence[str]) -> Figure:
    """Draw these methods: three panels for each, then one for each additional quantity."""
    operations = operations_of(group)
    measured = _measured(group, rows)
    lines = _lines(group, rows)
    figure = Figure(figsize=(WIDTH, 1.6 * lines + 0.6), layout="constrained")
    grid = figure.subplots(lines, _PANELS, squeeze=False)
    for row, (counts, entropy, loss) in zip(rows, grid, strict=False):
        events, look = _events(group, row)
        counts.set_title(row, loc="left", fontweight="bold")
        _draw_counts(counts, mean_counts(group, events))
        _draw_entropy(entropy, group, events, look)
        _draw_losses(loss, group, events, look)
    further = list(grid[len(rows) :].flat)
    for ax, (row, column) in zip(further, measured, strict=False):
        ax.set_title(row, loc="left", fontweight="bold")
        _draw_measured(ax, column, group, row)
    for ax in further[len(measured) :]:
        ax.remove()
    for ax in figure.axes:
        epoch_axis(ax)
        ax.set_xlabel("")
    for column in grid.T:  # only the lowest panel of each column is labelled
        [ax for ax in column if ax in figure.axes][-1].set_xlabel("epoch")
    shown = select(group.epochs, group.epochs["row"].isin(list(rows)))
    known = bool(shown["greatest_entropy"].notna().any())
    add_legend(figure, _legend(operations, greatest_entropy=known))
    return figure


def _events(group: Group, row: str) -> tuple[pd.DataFrame, Look]:
    events = select(group.epochs, group.epochs["row"].eq(row))
    return events, row_looks(group.methods)[row]


def _draw_measured(ax: Axes, column: str, group: Group, row: str) -> None:
    ax.set_ylabel(_MEASURED[column][0])
    events, look = _events(group, row)
    values = by_search(events, column)
    draw_searches(ax, values, finished_among(group, values), look)
    if column == "survivors":
        ax.set_ylim(bottom=0)
        ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _draw_counts(ax: Axes, means: pd.DataFrame) -> None:
    ax.set_ylabel("edges")
    if means.empty:
        _say_nothing(ax)
        return
    # Each epoch fills the time since the one before, so that a single one is visible.
    epochs = [means.index[0] - 1, *means.index]
    heights = means.iloc[[0, *range(len(means))]].T
    areas = ax.stackplot(epochs, *heights.to_numpy(), lw=0, step="pre")
    for area, operation in zip(areas, means, strict=True):
        area.set(**_area_style(str(operation)))
    ax.set_ylim(0, means.iloc[0].sum())
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _area_style(operation: str) -> dict[str, Any]:
    look = operation_look(operation)
    return {"facecolor": look.colour, "hatch": look.hatch, "edgecolor": "white", "linewidth": 0}


def _draw_entropy(ax: Axes, group: Group, events: pd.DataFrame, look: Look) -> None:
    ax.set_ylabel("entropy, nats")
    values = by_search(events, "entropy")
    if values.empty:
        _say_nothing(ax)
        return
    draw_searches(ax, values, finished_among(group, values), look)
    greatest = by_search(events, "greatest_entropy").max(axis="columns").dropna()
    if len(greatest):
        # Each epoch's value holds since the epoch before, as in the panel of operations.
        epochs = [greatest.index[0] - 1, *greatest.index]
        ax.plot(epochs, [greatest.iloc[0], *greatest], drawstyle="steps-pre", **_GREATEST, zorder=1)
    ax.set_ylim(bottom=0)


def _draw_losses(ax: Axes, group: Group, events: pd.DataFrame, look: Look) -> None:
    ax.set_ylabel("supernet loss")
    for column, filled in (("search_train_loss", True), ("search_valid_loss", False)):
        values = by_search(events, column)
        draw_searches(ax, values, finished_among(group, values), look, filled=filled)
    if not ax.lines:
        _say_nothing(ax)


def _say_nothing(ax: Axes) -> None:
    ax.text(0.5, 0.5, "not measured", transform=ax.transAxes, ha="center", color=FAINT)


def _legend(operations: Sequence[str], *, greatest_entropy: bool) -> list[Entry]:
    entries: list[Entry] = [
        Patch(**_area_style(operation), label=operation) for operation in operations
    ]
    entries += [one_search_entry(), median_entry("search_train, median", _ANY_METHOD)]
    entries.append(median_entry("search_valid, median", _ANY_METHOD, filled=False))
    if greatest_entropy:
        entries.append(Line2D([], [], **_GREATEST, label="greatest entropy"))
    return entries
