"""How searches went: operations of the derived cell, entropy of the mixture, supernet loss."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MaxNLocator

from reports.epochs import (
    by_search,
    counted,
    finished_among,
    mean_counts,
    operations_of,
    rows_with_epochs,
)
from reports.figures.canvas import WIDTH, Entry, Picture, add_legend, picture, printed
from reports.figures.over_epochs import draw_searches, epoch_axis, median_entry, one_search_entry
from reports.palette import FAINT, INK, Look, looks, operation_looks
from reports.trials import Group, select

_ROWS = 5  # as many as a page holds
_TRAIN, _VALID = Look(INK, "-"), Look(INK, (0, (3.0, 1.0)))


def health_figures(group: Group) -> tuple[Picture, ...]:
    """Draw a row of panels for each method that went epoch by epoch, a few methods a figure."""
    rows = rows_with_epochs(group)
    chunks = [rows[start : start + _ROWS] for start in range(0, len(rows), _ROWS)]
    return tuple(_figure(group, number, shown) for number, shown in enumerate(chunks, start=1))


def _figure(group: Group, number: int, rows: Sequence[str]) -> Picture:
    caption = (
        f"Searches epoch by epoch, {group.title}: {counted(group, rows)}. Left: edges of the "
        "derived cell by operation, mean over the finished searches. Middle: entropy of the "
        "mixture's weights, mean over edges. Right: loss of the supernet on the batches that "
        "train its weights (search_train) and alpha (search_valid). Thin: one search; thick: "
        "the median of the finished ones."
    )
    name = f"health-{group.name}" + (f"-{number}" if number > 1 else "")
    with printed():
        return picture(name, caption, draw(group, rows))


def draw(group: Group, rows: Sequence[str]) -> Figure:
    """Draw these methods, three panels for each."""
    operations = operations_of(group)
    figure = Figure(figsize=(WIDTH, 1.6 * len(rows) + 0.6), layout="constrained")
    grid = figure.subplots(len(rows), 3, squeeze=False)
    for row, (counts, entropy, loss) in zip(rows, grid, strict=True):
        events = select(group.epochs, group.epochs["row"].eq(row))
        look = replace(looks([group.methods[row]])[group.methods[row]], line="-")
        counts.set_title(row, loc="left", fontweight="bold")
        _draw_counts(counts, mean_counts(group, events))
        _draw_entropy(entropy, group, events, operations, look)
        _draw_losses(loss, group, events, look)
    for ax in grid.flat:
        epoch_axis(ax)
        ax.set_xlabel("epoch" if ax in grid[-1] else "")
    add_legend(figure, _legend(operations))
    return figure


def _draw_counts(ax: Axes, means: pd.DataFrame) -> None:
    ax.set_ylabel("edges")
    if means.empty:
        _say_nothing(ax)
        return
    look = operation_looks(means.columns)
    # Each epoch's counts fill the time since the one before, so that one alone is seen as well.
    epochs = [means.index[0] - 1, *means.index]
    heights = means.iloc[[0, *range(len(means))]].T
    colours = [look[operation].colour for operation in means]
    ax.stackplot(epochs, *heights.to_numpy(), colors=colours, lw=0, step="pre")
    ax.set_ylim(0, means.iloc[0].sum())
    ax.yaxis.set_major_locator(MaxNLocator(4, integer=True))


def _draw_entropy(
    ax: Axes, group: Group, events: pd.DataFrame, operations: Sequence[str], look: Look
) -> None:
    ax.set_ylabel("entropy, nats")
    values = by_search(events, "entropy")
    if values.empty:
        _say_nothing(ax)
        return
    draw_searches(ax, values, finished_among(group, values), look)
    if operations:
        ax.axhline(math.log(len(operations)), color=FAINT, lw=0.9, ls=":", zorder=1)
    ax.set_ylim(bottom=0)


def _draw_losses(ax: Axes, group: Group, events: pd.DataFrame, look: Look) -> None:
    ax.set_ylabel("supernet loss")
    for column, line in (("search_train_loss", _TRAIN.line), ("search_valid_loss", _VALID.line)):
        values = by_search(events, column)
        draw_searches(ax, values, finished_among(group, values), replace(look, line=line))
    if not ax.lines:
        _say_nothing(ax)


def _say_nothing(ax: Axes) -> None:
    ax.text(0.5, 0.5, "not recorded", transform=ax.transAxes, ha="center", color=FAINT)


def _legend(operations: Sequence[str]) -> list[Entry]:
    look = operation_looks(operations)
    entries: list[Entry] = [
        Patch(color=look[operation].colour, lw=0, label=operation) for operation in operations
    ]
    entries += [one_search_entry(), median_entry("search_train, median", _TRAIN)]
    entries.append(median_entry("search_valid, median", _VALID))
    if operations:
        label = f"greatest entropy, ln {len(operations)}"
        entries.append(Line2D([], [], color=FAINT, lw=0.9, ls=":", label=label))
    return entries
