"""Test values of our results."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import pandas as pd

from benchmarks.metric import Metric
from reports.frames import IDENTITY, done, values_of
from reports.groups import Group, by_row
from reports.statistics import mean_with_interval, pooled_sd
from reports.tables.cells import (
    count_cell,
    decimals_for,
    interval_cell,
    number_cell,
    text_cell,
)
from reports.tables.runs import states_in_words
from reports.tables.table import Block, Cell, Column, Table

INTERVAL_NOTE = (
    "Interval: 95 %; t distribution below 10 runs, BCa bootstrap of the mean from 10 runs on. "
    "A run is one independent search."
)

COLLAPSE_NOTE = (
    "Collapsed: no path from the cell's input to its output has an operation with weights (the "
    "known failure of DARTS). Collapsed searches are included in every mean."
)

_COLLAPSE_INTERVALS_NOTE = (
    "Their share is given with its Wilson interval. If only some searches collapsed, {} "
    "have two modes: the median and the points of the figure say more than the mean and its "
    "interval."
)

_TRAININGS_NOTE = (
    "sd between searches: of the searches' values, each a mean over its training seeds. sd between "
    "trainings: of one architecture trained with other seeds, within searches."
)


def main_table(group: Group) -> Table:
    """Return the test values of every method on every dataset: mean, interval, spread, regret."""
    metric = group.metric
    any_collapsed = bool(group.results["collapsed"].any())
    any_unfinished = bool(group.results["state"].ne("done").any())
    with_states = any_collapsed or any_unfinished
    columns = [
        Column("Method", ("method",), "left"),
        Column("Mean", ("mean",)),
        Column("95 % interval", ("low", "high")),
        *_sd_columns(group),
        Column("Min", ("min",)) if metric.higher_is_better else Column("Max", ("max",)),
        Column("Median", ("median",)),
        Column("n", ("n",)),
        Column("Regret", ("regret",)),
        *([Column("States", ("states",), "left")] if with_states else []),
    ]
    blocks = []
    for panel in group.panels:
        results = group.on(panel)
        trials = dict(by_row(results))
        rows = [
            _main_row(group, row, trials[row], group.optimum(panel), with_states)
            for row in group.rows
            if row in trials
        ]
        if not math.isnan(group.optimum(panel)):
            rows.append(_optimum_row(columns, group.optimum(panel), metric))
        query = next(iter(sorted(set(results["test_query"]) - {""})), "query unknown")
        heading = panel if query in panel else f"{panel}: {query}"
        blocks.append(
            Block(heading, (*group.identity, str(results["dataset"].iat[0]), query), tuple(rows))
        )
    notes = [INTERVAL_NOTE]
    if not all(math.isnan(group.optimum(panel)) for panel in group.panels):
        notes.append(
            "Regret: best of the table under the same query, minus the mean."
            if metric.higher_is_better
            else "Regret: the mean, minus the best of the table under the same query; lower "
            f"{metric.plural} are better."
        )
    if group.is_trained:
        notes.append(_TRAININGS_NOTE)
    if any_collapsed:
        notes += [COLLAPSE_NOTE, _COLLAPSE_INTERVALS_NOTE.format(metric.plural)]
    if any_unfinished:
        notes.append(
            f"Runs that are unfinished or without {metric.name} are counted under States and "
            "excluded from every mean."
        )
    return Table(
        f"main-{group.name}",
        f"Test {metric.in_words}: {group.title}; ground truth {group.table_title}.",
        tuple(columns),
        tuple(blocks),
        (*IDENTITY, "dataset", "test_query"),
        tuple(notes),
    )


def _sd_columns(group: Group) -> tuple[Column, ...]:
    """Return the columns of the spread; that between trainings is never part of another."""
    if not group.is_trained:
        return (Column("sd", ("sd",)),)
    return (
        Column("sd between searches", ("sd",)),
        Column("sd between trainings", ("training_sd",)),
    )


def _main_row(
    group: Group, row: str, trials: pd.DataFrame, optimum: float, with_states: bool
) -> tuple[Cell, ...]:
    metric, finished = group.metric, done(trials)
    values = values_of(finished, "test_value")
    estimate = mean_with_interval(values)
    decimals = decimals_for(estimate.half_width, metric.decimals)
    has = len(values) > 0
    cells = [
        text_cell(row),
        number_cell(estimate.value, decimals),
        interval_cell(estimate, metric.decimals),
        number_cell(float(values.std(ddof=1)) if len(values) > 1 else math.nan, metric.decimals),
    ]
    if group.is_trained:
        between = pooled_sd(finished["test_training_sd"], finished["training_seeds"])
        cells.append(number_cell(between, metric.decimals))
    cells += [
        number_cell(float(metric.worst_of(list(values))) if has else math.nan, metric.decimals),
        number_cell(float(np.median(values)) if has else math.nan, metric.decimals),
        count_cell(len(values)),
        number_cell(metric.gain(optimum, estimate.value), decimals),
    ]
    return (*cells, text_cell(states_in_words(trials))) if with_states else tuple(cells)


def _optimum_row(columns: Sequence[Column], optimum: float, metric: Metric) -> tuple[Cell, ...]:
    known = {
        "Method": text_cell("best of the table"),
        "Mean": number_cell(optimum, metric.decimals),
        "Regret": number_cell(0.0, metric.decimals),
    }
    return tuple(
        known.get(column.heading, Cell("", (None,) * len(column.fields))) for column in columns
    )
