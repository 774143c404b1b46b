"""The canvas of every figure: size, style, panels, legend, and the finished picture.

Vector graphics at print size. The same data give the same bytes: ids are salted with a constant and
the metadata carry no date.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import matplotlib.style
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from numpy.typing import NDArray

from reports.frames import values_of
from reports.groups import Group
from reports.palette import FAINT, INK, Look

WIDTH = 6.7
"""Width in inches: the text block of an A4 page, so that font sizes are as stated."""

_PER_ROW = 3
_INCHES_A_LETTER, _INCHES_A_HANDLE = 0.06, 0.5  # of a legend's entry
_STYLE: dict[str, Any] = {
    "font.family": "DejaVu Sans",  # ships with Matplotlib
    "font.size": 8,
    "axes.titlesize": 8.5,
    "axes.labelsize": 8,
    "xtick.labelsize": 7.5,
    "ytick.labelsize": 8,
    "legend.fontsize": 7.5,
    "axes.edgecolor": FAINT,
    "axes.linewidth": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "legend.frameon": False,
    "svg.hashsalt": "reports",
    "svg.fonttype": "path",  # no viewer needs the font
    "pdf.fonttype": 42,
}

Floats = NDArray[np.float64]
Entry = Line2D | Patch


@dataclass(frozen=True)
class Picture:
    """A finished figure with its caption; numbered by the document that holds it."""

    name: str
    """File name without suffix."""
    caption: str
    svg: bytes
    pdf: bytes


@contextmanager
def printed() -> Iterator[None]:
    """Draw in the style of all figures, whatever the user's own settings."""
    with matplotlib.style.context(["default", _STYLE]):
        yield


def panels_of(count: int, height: float, *, share_y: bool) -> tuple[Figure, list[Axes]]:
    """Return a figure with that many panels, three per row, each `height` inches high."""
    lines = -(-count // _PER_ROW)
    # A single panel as wide as the page would be mostly air.
    width = WIDTH if count > 1 else 0.75 * WIDTH
    figure = Figure(figsize=(width, height * lines + 0.35), layout="constrained")
    grid = figure.subplots(
        lines, min(count, _PER_ROW), squeeze=False, sharey="row" if share_y else "none"
    )
    axes = list(grid.flat)
    for spare in axes[count:]:
        spare.remove()
    return figure, axes[:count]


def draw_optimum(line: Any, optimum: float) -> None:
    """Draw the best of the table with `ax.axhline` or `ax.axvline`, unless it is NaN."""
    if not np.isnan(optimum):
        line(optimum, color=INK, lw=0.8, ls=(0, (4, 2)), zorder=1)


def optimum_entries(group: Group) -> list[Entry]:
    """Return the legend's entry of the best of the table, if there is a table."""
    if not len(values_of(group.results, "optimum")):
        return []
    return [Line2D([], [], color=INK, lw=0.8, ls=(0, (4, 2)), label="best of the table")]


def line_entry(label: str, look: Look, width: float, *, filled: bool = True) -> Line2D:
    """Return the legend's entry of a line with markers."""
    return Line2D(
        [],
        [],
        color=look.colour,
        lw=width,
        ls=look.line,
        marker=look.marker,
        markersize=4,
        markerfacecolor=look.colour if filled else "white",
        label=label,
    )


def add_legend(figure: Figure, entries: Sequence[Entry]) -> None:
    """Put one legend below all panels, in as many columns as its labels leave room for."""
    longest = max(len(str(entry.get_label())) for entry in entries)
    room = int(figure.get_figwidth() / (_INCHES_A_LETTER * longest + _INCHES_A_HANDLE))
    columns = max(1, min(4, len(entries), room))
    figure.legend(handles=list(entries), loc="outside lower center", ncols=columns)


def picture(name: str, caption: str, figure: Figure) -> Picture:
    """Return a figure as files; call it within the same `printed()` as the drawing."""
    svg, pdf = io.BytesIO(), io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None})
    figure.savefig(pdf, format="pdf", metadata={"CreationDate": None})
    return Picture(name, caption, svg.getvalue(), pdf.getvalue())
