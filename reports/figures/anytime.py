"""Test value of the best architecture so far over the simulated time of the search."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch
from matplotlib.ticker import FuncFormatter, LogLocator, MaxNLocator, NullFormatter

from reports.figures.canvas import (
    Entry,
    Floats,
    Picture,
    add_legend,
    draw_optimum,
    line_entry,
    optimum_entries,
    panels_of,
    picture,
    printed,
)
from reports.frames import done, select, values_of
from reports.groups import Group
from reports.palette import FAINT, Look, row_looks

_POINTS, _MARK_EVERY = 200, 40


def anytime_figure(group: Group) -> Picture | None:
    """Draw the incumbent's test value over simulated time: median and inter-quartile band."""
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
    looks = row_looks(group.methods)
    with printed():
        figure, axes = panels_of(len(panels), 2.3, share_y=False)
        for panel, ax in zip(panels, axes, strict=True):
            for row in rows:
                if (row, panel) in curves:
                    _draw_curve(ax, curves[row, panel], looks[row])
            draw_optimum(ax.axhline, group.optimum(panel))
            _time_axis(ax, panel, [c for k, c in curves.items() if k[1] == panel])
        axes[0].set_ylabel(f"test {group.metric.label}")
        add_legend(figure, [*_legend(rows, looks), *optimum_entries(group)])
        counts = ", ".join(
            f"{row} n = {max(c.n for k, c in curves.items() if k[0] == row)}" for row in rows
        )
        caption = (
            f"Test {group.metric.name} of the best architecture so far, {group.title}: {counts}. "
            "Median and inter-quartile band over seeds, from the time when every seed has an "
            f"architecture. Best by the score of the search, a validation {group.metric.name}."
        )
        return picture(f"anytime-{group.name}", caption, figure)


@dataclass(frozen=True)
class _Curve:
    time: Floats
    """Shape (t,), simulated seconds."""
    lower: Floats
    median: Floats
    upper: Floats
    n: int


def _anytime(group: Group, row: str, panel: str) -> _Curve | None:
    """Return the quartiles over seeds on a common time grid; None without a curve."""
    finished = done(group.on(panel))
    finished = select(finished, finished["row"].eq(row))
    events = group.history
    is_known = events["simulated_seconds"].notna() & events["test_value"].notna()
    wanted = events["panel"].eq(panel) & is_known
    events = select(events, wanted & events["key"].isin(list(finished["key"])))
    steps = [_step(part) for _, part in events.groupby("key", sort=True)]
    # One event per trial is a single architecture, not a search over time.
    if max((len(times) for times, _ in steps), default=0) < 2:
        return None
    start = max(times[0] for times, _ in steps)
    # The last incumbent holds until the end of the search.
    end = max([*values_of(finished, "simulated_seconds"), *(times[-1] for times, _ in steps)])
    grid = np.geomspace(max(start, 1e-3), end, _POINTS) if end > start else np.array([start])
    grid[0], grid[-1] = start, end
    values = np.stack([y[np.searchsorted(t, grid, side="right") - 1] for t, y in steps])
    lower, median, upper = np.percentile(values, [25, 50, 75], axis=0)
    return _Curve(grid, lower, median, upper, len(steps))


def _step(events: pd.DataFrame) -> tuple[Floats, Floats]:
    ordered = events.sort_values("step")
    return ordered["simulated_seconds"].to_numpy(float), ordered["test_value"].to_numpy(float)


def _draw_curve(ax: Axes, curve: _Curve, look: Look) -> None:
    ax.fill_between(
        curve.time, curve.lower, curve.upper, color=look.colour, alpha=0.2, lw=0, step="post"
    )
    ax.step(
        curve.time,
        curve.median,
        where="post",
        color=look.colour,
        lw=1.4,
        linestyle=look.line,
        marker=look.marker,
        markersize=4,
        markevery=_MARK_EVERY,
    )


def _time_axis(ax: Axes, panel: str, curves: Sequence[_Curve]) -> None:
    start, end = min(c.time[0] for c in curves), max(c.time[-1] for c in curves)
    label = "simulated time, s"
    if start > 0 and end > 5 * start:
        label += " (log)"
        ax.set_xscale("log")
        # Labels at 2 and 5 help over little more than a decade; over several they would touch.
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


def _legend(rows: Sequence[str], looks: Mapping[str, Look]) -> list[Entry]:
    return [
        *(line_entry(row, looks[row], 1.4) for row in rows),
        Patch(color=FAINT, alpha=0.3, lw=0, label="inter-quartile range"),
    ]
