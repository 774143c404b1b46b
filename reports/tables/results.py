"""Test accuracies of our results."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from reports.frames import IDENTITY, done, values_of
from reports.groups import Group, by_row
from reports.statistics import mean_with_interval
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
    "Their share is given with its Wilson interval. If only some searches collapsed, accuracies "
    "have two modes: the median and the points of the figure say more than the mean and its "
    "interval."
)


def main_table(group: Group) -> Table:
    """Return the test accuracy of every method on every dataset: mean, interval, spread, regret."""
    any_collapsed = bool(group.results["collapsed"].any())
    any_unfinished = bool(group.results["state"].ne("done").any())
    with_states = any_collapsed or any_unfinished
    columns = [
        Column("Method", ("method",), "left"),
        Column("Mean", ("mean",)),
        Column("95 % interval", ("low", "high")),
        Column("sd", ("sd",)),
        Column("Min", ("min",)),
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
            _main_row(row, trials[row], group.optimum(panel), with_states)
            for row in group.rows
            if row in trials
        ]
        if not math.isnan(group.optimum(panel)):
            rows.append(_optimum_row(group.optimum(panel), with_states))
        query = next(iter(sorted(set(results["test_query"]) - {""})), "query unknown")
        heading = panel if query in panel else f"{panel}: {query}"
        blocks.append(
            Block(heading, (*group.identity, str(results["dataset"].iat[0]), query), tuple(rows))
        )
    notes = [INTERVAL_NOTE]
    if not all(math.isnan(group.optimum(panel)) for panel in group.panels):
        notes.append("Regret: best of the table under the same query, minus the mean.")
    if any_collapsed:
        notes += [COLLAPSE_NOTE, _COLLAPSE_INTERVALS_NOTE]
    if any_unfinished:
        notes.append(
            "Runs that are unfinished or without accuracy are counted under States and excluded "
            "from every mean."
        )
    return Table(
        f"main-{group.name}",
        f"Test accuracy in percent: {group.title}; ground truth {group.table_title}.",
        tuple(columns),
        tuple(blocks),
        (*IDENTITY, "dataset", "test_query"),
        tuple(notes),
    )


def _main_row(
    row: str, trials: pd.DataFrame, optimum: float, with_states: bool
) -> tuple[Cell, ...]:
    values = values_of(done(trials), "test_accuracy")
    estimate = mean_with_interval(values)
    decimals = decimals_for(estimate.half_width)
    has = len(values) > 0
    cells = [
        text_cell(row),
        number_cell(estimate.value, decimals),
        interval_cell(estimate),
        number_cell(float(values.std(ddof=1)) if len(values) > 1 else math.nan),
        number_cell(float(values.min()) if has else math.nan),
        number_cell(float(np.median(values)) if has else math.nan),
        count_cell(len(values)),
        number_cell(optimum - estimate.value, decimals),
    ]
    return (*cells, text_cell(states_in_words(trials))) if with_states else tuple(cells)


def _optimum_row(optimum: float, with_states: bool) -> tuple[Cell, ...]:
    nothing = Cell("", (None,))
    cells = [
        text_cell("best of the table"),
        number_cell(optimum),
        Cell("", (None, None)),
        nothing,
        nothing,
        nothing,
        nothing,
        number_cell(0.0),
    ]
    return (*cells, nothing) if with_states else tuple(cells)
