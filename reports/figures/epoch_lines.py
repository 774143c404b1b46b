"""A quantity over epochs: a thin line for each search, a thick one for their median."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from reports.figures.canvas import Entry, line_entry
from reports.palette import FAINT, Look

_MANY = 10
_MARKS = 6  # on a median


def draw_searches(
    ax: Axes, values: pd.DataFrame, finished: pd.DataFrame, look: Look, *, filled: bool = True
) -> None:
    """Draw every search, and the median of those that finished.

    Args:
        ax: where to draw.
        values: a row per epoch, a column per search.
        finished: the subset of `values` that the median is taken over.
        look: look of the method.
        filled: whether its markers are filled; open ones distinguish a second quantity.
    """
    face = look.colour if filled else "white"
    alpha = 0.3 if values.shape[1] > _MANY else 0.6
    for _, line in values.items():
        line = line.dropna()
        # A single epoch would have no line to see.
        marker = look.marker if len(line) == 1 else ""
        style = {"marker": marker, "markersize": 3, "markerfacecolor": face}
        ax.plot(line, color=look.colour, lw=0.8, alpha=alpha, **style)
    if len(finished):
        middle = finished.median(axis="columns")
        every = max(1, len(middle) // _MARKS)
        style = {"marker": look.marker, "markersize": 4, "markerfacecolor": face}
        ax.plot(middle, color=look.colour, lw=1.8, ls=look.line, markevery=every, **style)


def epoch_axis(ax: Axes) -> None:
    """Label the horizontal axis with epochs, from 0, the state before the first one."""
    ax.set_xlim(left=0)
    ax.xaxis.set_major_locator(MaxNLocator(5, integer=True))
    ax.set_xlabel("epoch")


def one_search_entry() -> Entry:
    """Return the legend's entry of the thin lines."""
    return Line2D([], [], color=FAINT, lw=0.8, alpha=0.6, label="one search")


def median_entry(label: str, look: Look, *, filled: bool = True) -> Entry:
    """Return the legend's entry of a thick line."""
    return line_entry(label, look, 1.8, filled=filled)
