"""Tables of our own results: what was run, how accurate it was, what it cost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from reports.statistics import mean_with_interval, wilson_interval
from reports.tables import (
    ABSENT,
    Block,
    Cell,
    Column,
    Table,
    count_cell,
    decimals_for,
    fixed,
    interval_cell,
    number_cell,
    text_cell,
)
from reports.trials import (
    IDENTITY,
    Group,
    by_row,
    done,
    seeds_in_words,
    select,
    title_of,
    values_of,
)

INTERVAL_NOTE = (
    "Interval: 95 %; t distribution below 10 runs, BCa bootstrap of the mean from 10 runs on. "
    "A run is one independent search."
)


def runs_table(groups: Sequence[Group]) -> Table:
    """List what was run: a row for each method of each group."""
    overridden = any(group.overrides for group in groups)
    columns = [
        Column("Method", ("method",), "left"),
        Column("Protocol", ("protocol",), "left"),
        Column("Space", ("space",), "left"),
        Column("Searched on", ("search_dataset",), "left"),
        *([Column("Overrides", ("overrides",), "left")] if overridden else []),
        Column("Runs", ("runs",)),
        Column("Seeds", ("seeds",), "left"),
        Column("States", ("states",), "left"),
        Column("Device", ("device",), "left"),
    ]
    rows = []
    for group in groups:
        trials = dict(by_row(group.trials))
        for row in group.rows:
            part = trials[row]
            devices = ", ".join(sorted(set(part["device"]) - {""})) or ABSENT
            devices = devices.replace("none", "lookups only")
            words = [row, group.protocol, group.space]
            overrides = [text_cell(group.overrides or "none", group.overrides)]
            rows.append(
                (
                    *map(text_cell, words),
                    text_cell(title_of(group.search_dataset), group.search_dataset),
                    *(overrides if overridden else []),
                    count_cell(len(part)),
                    text_cell(seeds_in_words(part["seed"].tolist())),
                    text_cell(_states(part)),
                    text_cell(devices),
                )
            )
    return Table("runs", "What was run.", tuple(columns), (Block("", (), tuple(rows)),))


def main_table(group: Group) -> Table:
    """Test accuracy of every method on every dataset (mean, interval, spread, regret)."""
    tell_states = bool((group.results["state"] != "done").any() or group.results["collapsed"].any())
    columns = [
        Column("Method", ("method",), "left"),
        Column("Mean", ("mean",)),
        Column("95 % interval", ("low", "high")),
        Column("sd", ("sd",)),
        Column("Min", ("min",)),
        Column("Median", ("median",)),
        Column("n", ("n",)),
        Column("Regret", ("regret",)),
        *([Column("States", ("states",), "left")] if tell_states else []),
    ]
    blocks = []
    for panel in group.panels:
        part = group.on(panel)
        parts = dict(by_row(part))
        rows = [
            _main_row(row, parts[row], group.optimum(panel), tell_states)
            for row in group.rows
            if row in parts
        ]
        if not math.isnan(group.optimum(panel)):
            rows.append(_optimum_row(group.optimum(panel), tell_states))
        query = next(iter(sorted(set(part["test_query"]) - {""})), "query not recorded")
        heading = panel if query in panel else f"{panel}: {query}"
        blocks.append(
            Block(heading, (*group.identity, str(part["dataset"].iat[0]), query), tuple(rows))
        )
    notes = [INTERVAL_NOTE, "Regret: best of the table under the same query, minus the mean."]
    if tell_states:
        notes.append(
            "Collapsed runs are part of every mean; runs that did not finish are counted under "
            "States and are part of none. Share of collapsed runs with its Wilson interval."
        )
    return Table(
        f"main-{group.name}",
        f"Test accuracy in percent: {group.title}; ground truth {group.truth_title}.",
        tuple(columns),
        tuple(blocks),
        (*IDENTITY, "dataset", "test_query"),
        tuple(notes),
    )


def cost_table(group: Group) -> Table:
    """What a search costs: a table's clock, real time and architectures scored, kept apart."""
    quantities = {
        "simulated_seconds": "Simulated seconds",
        "search_seconds": "Real seconds",
        "evaluated": "Architectures scored",
    }
    columns = [Column("Method", ("method",), "left"), Column("n", ("n",))]
    for field, heading in quantities.items():
        columns.append(Column(f"{heading}: median", (f"{field}_median",)))
        columns.append(Column("max", (f"{field}_max",)))
    trials = dict(by_row(group.trials))
    rows = []
    for row in group.rows:
        finished = select(trials[row], trials[row]["state"].eq("done"))
        cells = [text_cell(row), count_cell(len(finished))]
        for field in quantities:
            values = values_of(finished, field)
            # Below ten, as for a lookup in a table, whole numbers would hide everything.
            decimals = 0 if field == "evaluated" or not len(values) or values.max() >= 10 else 2
            for statistic in (np.median, np.max):
                value = float(statistic(values)) if len(values) else math.nan
                cells.append(number_cell(value, decimals))
        rows.append(tuple(cells))
    notes = (
        "Per finished search. Simulated seconds are the clock of the benchmark's table, real "
        "seconds what this machine spent; they measure different things and are never added.",
    )
    return Table(
        f"cost-{group.name}",
        f"Cost of a search: {group.title}.",
        tuple(columns),
        (Block("", group.identity, tuple(rows)),),
        IDENTITY,
        notes,
    )


def _main_row(row: str, part: pd.DataFrame, optimum: float, tell_states: bool) -> tuple[Cell, ...]:
    values = values_of(done(part), "test_accuracy")
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
    return (*cells, text_cell(_states(part))) if tell_states else tuple(cells)


def _optimum_row(optimum: float, tell_states: bool) -> tuple[Cell, ...]:
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
    return (*cells, nothing) if tell_states else tuple(cells)


def _states(part: pd.DataFrame) -> str:
    counts = Counter(map(str, part["state"]))
    named = sorted(counts.items(), key=lambda item: (item[0] != "done", item[0]))
    words = ", ".join(f"{count} {state}" for state, count in named)
    finished, collapsed = counts["done"], sum(part["collapsed"])
    if not collapsed or not finished:
        return words
    low, high = (fixed(100 * share, 0) for share in wilson_interval(collapsed, finished))
    return f"{words}; {collapsed} collapsed ({low} to {high} %)"
