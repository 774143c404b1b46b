"""Figures: every seed as a point, and accuracy over the simulated time of the search.

Vector graphics at print size. The same data give the same bytes: ids are salted with a constant and
the metadata carry no date.
"""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import matplotlib.style
import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter
from numpy.typing import NDArray

from reports.literature import Published
from reports.palette import FAINT, INK, Look, looks
from reports.statistics import mean_with_interval
from reports.trials import RANDOM, Group, by_row, done, method_of, select, values_of

WIDTH = 6.7
"""Width in inches: the text block of an A4 page, so that font sizes are as stated."""

_PER_ROW = 3
_MANY = 10
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


@dataclass(frozen=True)
class Picture:
    """A finished figure with its caption; numbered by the document that holds it."""

    name: str
    """Stem of its files' names."""
    caption: str
    svg: bytes
    pdf: bytes


def seeds_figure(group: Group, published: Mapping[tuple[str, str], Published]) -> Picture | None:
    """Draw every finished run as a point, with our mean and the published one beside."""
    finished = done(group.results)
    panels = [panel for panel in group.panels if panel in set(finished["panel"])]
    if not panels:
        return None
    rows = [row for row in group.rows if row in set(finished["row"])]
    with matplotlib.style.context(["default", _STYLE]):
        lane = 0.62 if len(rows) <= 3 else 0.46  # inches
        figure, axes = _panels(len(panels), 0.75 + lane * len(rows), share_y=True)
        cut = False
        for panel, ax in zip(panels, axes, strict=True):
            there = select(finished, finished["panel"].eq(panel))
            cut |= _draw_seeds(ax, there, rows, group.optimum(panel), published, panel)
        _legend(figure, _seeds_legend(bool(published), _has_optimum(group)))
        svg, pdf = _save(figure)
    counts = finished.groupby("row")["seed"].nunique()
    caption = (
        f"Every run, {group.title}: "
        + ", ".join(f"{row} n = {counts[row]}" for row in rows)
        + ". Points are spread vertically only to tell them apart. Interval of the mean: 95 %."
    )
    if cut:
        caption += " The axis leaves out the low end of random: ◂ counts those runs."
    return Picture(f"seeds-{group.name}", caption, svg, pdf)


def anytime_figure(group: Group) -> Picture | None:
    """Draw the incumbent's test accuracy over simulated time: median and inter-quartile band."""
    curves = {
        (row, panel): curve
        for panel in group.panels
        for row in group.rows
        if (curve := _anytime(group, row, panel)) is not None
    }
    if not curves:
        return None
    panels = [panel for panel in group.panels if any(panel == p for _, p in curves)]
    rows = [row for row in group.rows if any(row == r for r, _ in curves)]
    methods = dict(zip(group.results["row"], group.results["method"], strict=True))
    look = looks(methods.values())
    with matplotlib.style.context(["default", _STYLE]):
        figure, axes = _panels(len(panels), 2.3, share_y=False)
        for panel, ax in zip(panels, axes, strict=True):
            for row in rows:
                if (row, panel) in curves:
                    _draw_curve(ax, curves[row, panel], look[methods[row]])
            _draw_optimum(ax.axhline, group.optimum(panel))
            _time_axis(ax, panel, [c for k, c in curves.items() if k[1] == panel])
        axes[0].set_ylabel("test accuracy, %")
        _legend(figure, _anytime_legend(rows, methods, look, group))
        svg, pdf = _save(figure)
    counts = ", ".join(
        f"{row} n = {max(c.n for k, c in curves.items() if k[0] == row)}" for row in rows
    )
    caption = (
        f"Test accuracy of the best architecture so far, {group.title}: {counts}. Median and "
        "inter-quartile band over seeds, from the time when every seed has an architecture. Best "
        "means best by the search's own score, a validation accuracy."
    )
    return Picture(f"anytime-{group.name}", caption, svg, pdf)


@dataclass(frozen=True)
class _Curve:
    time: Floats
    """Shape (t,), simulated seconds."""
    lower: Floats
    median: Floats
    upper: Floats
    n: int


def _anytime(group: Group, row: str, panel: str) -> _Curve | None:
    """Return the quartiles over seeds on a common time grid; None where there is no curve."""
    finished = done(group.on(panel))
    finished = select(finished, finished["row"].eq(row))
    events = group.history
    wanted = events["panel"].eq(panel) & events["simulated_seconds"].notna()
    events = select(events, wanted & events["key"].isin(list(finished["key"])))
    steps = [_step(part) for _, part in events.groupby("key", sort=True)]
    # One event per trial is an architecture, not a search that got better.
    if max((len(times) for times, _ in steps), default=0) < 2:
        return None
    start = max(times[0] for times, _ in steps)
    # The last incumbent stands until the search's own end.
    end = max([*values_of(finished, "simulated_seconds"), *(times[-1] for times, _ in steps)])
    grid = np.geomspace(max(start, 1e-3), end, 200) if end > start else np.array([start])
    grid[0], grid[-1] = start, end
    values = np.stack([y[np.searchsorted(t, grid, side="right") - 1] for t, y in steps])
    lower, median, upper = np.percentile(values, [25, 50, 75], axis=0)
    return _Curve(grid, lower, median, upper, len(steps))


def _step(events: pd.DataFrame) -> tuple[Floats, Floats]:
    ordered = events.sort_values("step")
    return ordered["simulated_seconds"].to_numpy(float), ordered["test_accuracy"].to_numpy(float)


def _panels(count: int, height: float, *, share_y: bool) -> tuple[Figure, list[Axes]]:
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


def _draw_seeds(
    ax: Axes,
    finished: pd.DataFrame,
    rows: Sequence[str],
    optimum: float,
    published: Mapping[tuple[str, str], Published],
    panel: str,
) -> bool:
    """Draw one panel; tell whether the axis leaves out runs of the random control."""
    cut = False
    look = looks(finished["method"])
    parts = dict(by_row(finished))
    left, right = _limits(finished, optimum, [n for k, n in published.items() if k[1] == panel])
    for lane, row in enumerate(rows):
        if row not in parts:
            continue
        part = parts[row].sort_values(["seed", "key"])
        values = part["test_accuracy"].to_numpy(float)
        colour = look[method_of(part)].colour
        many = len(values) > _MANY
        heights = lane - 0.2 + 0.2 * _spread(len(values))
        ax.plot(
            values,
            heights,
            "o",
            color=colour,
            alpha=0.35 if many else 0.85,
            markersize=2.2 if many else 4,
            markeredgewidth=0,
            zorder=2,
        )
        _draw_mean(ax, values, lane + 0.14)
        if (row, panel) in published:
            _draw_published(ax, published[row, panel], lane + 0.32)
        below = int((values < left).sum())
        if below:
            cut = True
            words = f"◂ {below} of {len(values)}, mean of all {values.mean():.1f}"
            ax.annotate(
                words,
                (0, lane + 0.35),
                xycoords=("axes fraction", "data"),
                xytext=(2, 0),
                textcoords="offset points",
                va="center",
                fontsize=7,
                color=INK,
            )
    _draw_optimum(ax.axvline, optimum)
    ax.set_xlim(left, right)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    ax.set_yticks(range(len(rows)), rows)
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.set_title(panel)
    ax.set_xlabel("test accuracy, %")
    return cut


def _spread(n: int) -> Floats:
    """Return n heights in [-1, 1] that neighbouring points do not share (van der Corput)."""
    numbers = np.arange(1, n + 1)
    heights, base = np.zeros(n), 0.5
    while numbers.any():
        heights += (numbers % 2) * base
        numbers, base = numbers // 2, base / 2
    return (2 * heights - 1) if n > _MANY else (2 * heights - 1) * 0.6


def _limits(
    finished: pd.DataFrame, optimum: float, published: Sequence[Published]
) -> tuple[float, float]:
    """Return the axis' ends: all runs are in sight, but for the low tail of the random control."""
    shown = select(finished, finished["method"].ne(RANDOM))
    shown = finished if shown.empty else shown
    values = list(shown["test_accuracy"])
    values += [] if np.isnan(optimum) else [optimum]
    for number in published:
        values += [number.accuracy - (number.sd or 0), number.accuracy + (number.sd or 0)]
    low, high = min(values), max(values)
    margin = 0.05 * (high - low) or 0.5
    return low - margin, high + margin


def _draw_mean(ax: Axes, values: Floats, height: float) -> None:
    estimate = mean_with_interval(values)
    if not np.isnan(estimate.half_width):
        ax.plot([estimate.low, estimate.high], [height] * 2, color=INK, lw=1.6, zorder=3)
    ax.plot(estimate.value, height, "D", color=INK, markersize=3.2, markeredgewidth=0, zorder=4)


def _draw_published(ax: Axes, number: Published, height: float) -> None:
    if number.sd:
        ends = [number.accuracy - number.sd, number.accuracy + number.sd]
        ax.plot(ends, [height] * 2, color=FAINT, lw=1.2, zorder=3)
    ax.plot(
        number.accuracy,
        height,
        "D",
        markerfacecolor="white",
        markeredgecolor=INK,
        markersize=3.6,
        markeredgewidth=0.8,
        zorder=4,
    )


def _draw_optimum(line: Any, optimum: float) -> None:
    if not np.isnan(optimum):
        line(optimum, color=INK, lw=0.8, ls=(0, (4, 2)), zorder=1)


def _draw_curve(ax: Axes, curve: _Curve, look: Look) -> None:
    ax.fill_between(
        curve.time, curve.lower, curve.upper, color=look.colour, alpha=0.2, lw=0, step="post"
    )
    ax.step(curve.time, curve.median, where="post", color=look.colour, lw=1.4, linestyle=look.line)


def _time_axis(ax: Axes, panel: str, curves: Sequence[_Curve]) -> None:
    start, end = min(c.time[0] for c in curves), max(c.time[-1] for c in curves)
    label = "simulated time, s"
    if start > 0 and end > 5 * start:
        label += " (log)"
        ax.set_xscale("log")
        # Over little more than a decade, labels at 2 and 5 keep the axis readable; over more of
        # them they would touch.
        subs = (1, 2, 5) if end < 30 * start else (1,)
        ax.xaxis.set_major_locator(LogLocator(subs=subs, numticks=12))
        ax.xaxis.set_minor_formatter(NullFormatter())
    else:
        ax.xaxis.set_major_locator(MaxNLocator(4))
    ax.xaxis.set_major_formatter(FuncFormatter(_short_seconds))
    ax.margins(x=0.02)
    ax.yaxis.set_major_locator(MaxNLocator(6, steps=[1, 2, 2.5, 5, 10]))
    ax.set_title(panel)
    ax.set_xlabel(label)


def _short_seconds(seconds: float, _position: int | None = None) -> str:
    return f"{seconds / 1000:g}k" if seconds >= 1000 else f"{seconds:g}"


def _seeds_legend(with_published: bool, has_optimum: bool) -> list[Line2D | Patch]:
    entries: list[Line2D | Patch] = [
        Line2D([], [], marker="o", ls="", color=FAINT, markersize=4, label="one run"),
        Line2D([], [], marker="D", color=INK, lw=1.6, markersize=3.2, label="mean, 95 % interval"),
    ]
    if with_published:
        entries.append(
            Line2D(
                [],
                [],
                marker="D",
                color=FAINT,
                lw=1.2,
                markersize=3.6,
                markerfacecolor="white",
                markeredgecolor=INK,
                markeredgewidth=0.8,
                label="published mean ± sd",
            )
        )
    return entries + ([_optimum_entry()] if has_optimum else [])


def _anytime_legend(
    rows: Sequence[str], methods: Mapping[str, str], look: Mapping[str, Look], group: Group
) -> list[Line2D | Patch]:
    entries: list[Line2D | Patch] = []
    for row in rows:
        style = look[methods[row]]
        entries.append(Line2D([], [], color=style.colour, lw=1.4, ls=style.line, label=row))
    entries.append(Patch(color=FAINT, alpha=0.3, lw=0, label="inter-quartile range"))
    return entries + ([_optimum_entry()] if _has_optimum(group) else [])


def _has_optimum(group: Group) -> bool:
    return len(values_of(group.results, "optimum_test_accuracy")) > 0


def _optimum_entry() -> Line2D:
    return Line2D([], [], color=INK, lw=0.8, ls=(0, (4, 2)), label="best of the table")


def _legend(figure: Figure, entries: list[Line2D | Patch]) -> None:
    figure.legend(handles=entries, loc="outside lower center", ncols=min(4, len(entries)))


def _save(figure: Figure) -> tuple[bytes, bytes]:
    svg, pdf = io.BytesIO(), io.BytesIO()
    figure.savefig(svg, format="svg", metadata={"Date": None})
    figure.savefig(pdf, format="pdf", metadata={"CreationDate": None})
    return svg.getvalue(), pdf.getvalue()
