"""A quantity over epochs: a thin line for each search, a thick one for their median."""

from __future__ import annotations

from typing import Any

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from reports.figures.canvas import Entry
from reports.palette import FAINT, Look

_MANY = 10


def draw_searches(ax: Axes, values: pd.DataFrame, finished: pd.DataFrame, look: Look) -> None:
    """Draw every search, and the median of those that finished.

    Args:
        ax: where to draw.
        values: a line for each epoch, a column for each search.
        finished: the part of it that the median is made of.
        look: of the method.
    """
    alpha = 0.3 if values.shape[1] > _MANY else 0.6
    for _, line in values.items():
        _draw_line(ax, line.dropna(), color=look.colour, lw=0.8, alpha=alpha)
    if len(finished):
        middle = finished.median(axis="columns")
        _draw_line(ax, middle, color=look.colour, lw=1.8, ls=look.line)


def _draw_line(ax: Axes, line: pd.Series, **look: Any) -> None:
    # One epoch alone has no line to be seen.
    ax.plot(line, marker="o" if len(line) == 1 else "", markersize=3, **look)


def epoch_axis(ax: Axes) -> None:
    """Count epochs on the horizontal axis, from the state before the first one."""
    ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.set_xlabel("epoch")


def one_search_entry() -> Entry:
    """Return the legend's entry of the thin lines."""
    return Line2D([], [], color=FAINT, lw=0.8, alpha=0.6, label="one search")


def median_entry(label: str, look: Look) -> Entry:
    """Return the legend's entry of a thick line."""
    return Line2D([], [], color=look.colour, lw=1.8, ls=look.line, label=label)
