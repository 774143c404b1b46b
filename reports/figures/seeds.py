"""Every run as a point, with our mean and the published one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from benchmarks.metric import Metric
from reports.figures.canvas import (
    Entry,
    Floats,
    Picture,
    add_legend,
    draw_optimum,
    optimum_entries,
    panels_of,
    picture,
    printed,
)
from reports.frames import done, select
from reports.groups import RANDOM, Group, by_row
from reports.palette import FAINT, INK, row_looks
from reports.published.numbers import Published
from reports.statistics import mean_with_interval

_MANY = 10


def seeds_figure(group: Group, published: Mapping[tuple[str, str], Published]) -> Picture | None:
    """Draw every finished run as a point, with our mean and the published one."""
    finished = done(group.results)
    panels = [panel for panel in group.panels if panel in set(finished["panel"])]
    if not panels:
        return None
    rows = [row for row in group.rows if row in set(finished["row"])]
    with printed():
        lane = 0.62 if len(rows) <= 3 else 0.46  # inches
        figure, axes = panels_of(len(panels), 0.75 + lane * len(rows), share_y=True)
        cut = False
        for panel, ax in zip(panels, axes, strict=True):
            on_panel = select(finished, finished["panel"].eq(panel))
            cut |= _draw_seeds(
                ax, on_panel, rows, group.optimum(panel), published, panel, group.metric
            )
        add_legend(figure, [*_legend(bool(published)), *optimum_entries(group)])
        counts = finished.groupby("row")["seed"].nunique()
        caption = (
            f"Every run, {group.title}: "
            + ", ".join(f"{row} n = {counts[row]}" for row in rows)
            + ". Each coloured point is one run; points are spread vertically only to keep them "
            "apart. Interval of the mean: 95 %."
        )
        if cut:
            end, arrow = ("low", "◂") if group.metric.higher_is_better else ("high", "▸")
            caption += f" The axis omits the {end} end of random: {arrow} counts those runs."
        return picture(f"seeds-{group.name}", caption, figure)


def _draw_seeds(
    ax: Axes,
    finished: pd.DataFrame,
    rows: Sequence[str],
    optimum: float,
    published: Mapping[tuple[str, str], Published],
    panel: str,
    metric: Metric,
) -> bool:
    """Draw one panel; return whether the axis omits runs of the random control."""
    cut = False
    looks = row_looks(dict(zip(finished["row"], finished["method"], strict=True)))
    runs = dict(by_row(finished))
    left, right = _limits(finished, optimum, [n for k, n in published.items() if k[1] == panel])
    for lane, row in enumerate(rows):
        if row not in runs:
            continue
        values = runs[row].sort_values(["seed", "key"])["test_value"].to_numpy(float)
        many = len(values) > _MANY
        heights = lane - 0.2 + 0.2 * _spread(len(values))
        ax.plot(
            values,
            heights,
            ls="",
            color=looks[row].colour,
            marker=looks[row].marker,
            alpha=0.35 if many else 0.85,
            markersize=2.2 if many else 4,
            markeredgewidth=0,
            zorder=2,
        )
        _draw_mean(ax, values, lane + 0.14)
        if (row, panel) in published:
            _draw_published(ax, published[row, panel], lane + 0.32)
        omitted = int((values < left).sum() if metric.higher_is_better else (values > right).sum())
        if omitted:
            cut = True
            _count_omitted(ax, omitted, values, lane + 0.35, metric)
    draw_optimum(ax.axvline, optimum)
    ax.set_xlim(left, right)
    ax.set_ylim(len(rows) - 0.5, -0.5)
    # Rows of reference results or of other settings have long labels.
    ax.set_yticks(range(len(rows)), [row.replace(", ", ",\n") for row in rows])
    ax.tick_params(axis="y", length=0)
    ax.xaxis.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    ax.set_title(panel)
    ax.set_xlabel(f"test {metric.label}")
    return cut


def _count_omitted(ax: Axes, omitted: int, values: Floats, height: float, metric: Metric) -> None:
    """Say beside the worse end of the axis how many runs lie beyond it."""
    words = f"{omitted} of {len(values)}, mean of all {values.mean():.1f}"
    is_left = metric.higher_is_better
    ax.annotate(
        f"◂ {words}" if is_left else f"{words} ▸",
        (0 if is_left else 1, height),
        xycoords=("axes fraction", "data"),
        xytext=(2 if is_left else -2, 0),
        textcoords="offset points",
        ha="left" if is_left else "right",
        va="center",
        fontsize=7,
        color=INK,
    )


def _spread(n: int) -> Floats:
    """Return n heights in [-1, 1] that differ between neighbours (van der Corput)."""
    numbers = np.arange(1, n + 1)
    heights, base = np.zeros(n), 0.5
    while numbers.any():
        heights += (numbers % 2) * base
        numbers, base = numbers // 2, base / 2
    return (2 * heights - 1) if n > _MANY else (2 * heights - 1) * 0.6


def _limits(
    finished: pd.DataFrame, optimum: float, published: Sequence[Published]
) -> tuple[float, float]:
    """Return the limits of the axis: all runs except for the bad tail of the random control."""
    shown = select(finished, finished["method"].ne(RANDOM))
    shown = finished if shown.empty else shown
    values = list(shown["test_value"])
    values += [] if np.isnan(optimum) else [optimum]
    for number in published:
        values += [number.value - (number.sd or 0), number.value + (number.sd or 0)]
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
        ends = [number.value - number.sd, number.value + number.sd]
        ax.plot(ends, [height] * 2, color=FAINT, lw=1.2, zorder=3)
    ax.plot(
        number.value,
        height,
        "D",
        markerfacecolor="white",
        markeredgecolor=INK,
        markersize=3.6,
        markeredgewidth=0.8,
        zorder=4,
    )


def _legend(with_published: bool) -> list[Entry]:
    entries: list[Entry] = [
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
    return entries
