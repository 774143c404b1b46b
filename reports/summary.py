"""Tables of our own results: what was run, how accurate it was, what it cost."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence

import numpy as np
import pandas as pd

from reports.recorded import Recorded, marks_of
from reports.statistics import Floats, mean_with_interval, wilson_interval
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
    RECORDED,
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

COLLAPSE_NOTE = (
    "Collapsed: no path from the cell's input to its output holds an operation with weights "
    "(DARTS's known failure); such searches stay in every mean."
)
_COLLAPSE_INTERVALS_NOTE = (
    "Their share is given with its Wilson interval. Where only some searches collapsed, their "
    "accuracies have two centres: the median and the points of the figure tell more than the mean "
    "and its interval."
)


def runs_table(groups: Sequence[Group]) -> Table:
    """List what was run: a row for each method of each group, recorded ones left out."""
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
        fresh = dict(by_row(select(group.trials, group.trials[RECORDED].eq(""))))
        for row in filter(fresh.__contains__, group.rows):
            part = fresh[row]
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


def recorded_table(groups: Sequence[Group], recorded: Sequence[Recorded]) -> Table | None:
    """List the rows that come from records, and how each record came about."""
    blocks, notes = [], []
    for record in recorded:
        about, mark = record.about, marks_of(recorded)[record.name]
        rows = []
        for group in groups:
            part = select(group.trials, group.trials[RECORDED].eq(mark))
            trials = dict(by_row(part))
            rows += [_recorded_row(group, row, trials[row]) for row in group.rows if row in trials]
        if not rows:
            continue
        commit = about.commit or "not in a repository"
        heading = f"{about.date}, {about.device}, commit {commit}: {about.command}"
        values = (record.name, str(about.date), about.device, commit, about.command)
        blocks.append(Block(heading.replace("\n", "; "), values, tuple(rows)))
        notes += [f"{record.name}: {about.note}"] if about.note else []
    columns = (
        Column("Method", ("method",), "left"),
        Column("Protocol", ("protocol",), "left"),
        Column("Space", ("space",), "left"),
        Column("Searched on", ("search_dataset",), "left"),
        Column("Runs", ("runs",)),
        Column("Seeds", ("seeds",), "left"),
        Column("States", ("states",), "left"),
    )
    if not blocks:
        return None
    return Table(
        "recorded",
        "Recorded rows: run at an earlier date, with the device, commit and command given here.",
        columns,
        tuple(blocks),
        ("record", "date", "device", "commit", "command"),
        tuple(notes),
    )


def _recorded_row(group: Group, row: str, part: pd.DataFrame) -> tuple[Cell, ...]:
    return (
        text_cell(row),
        text_cell(" with ".join(filter(None, [group.protocol, group.overrides]))),
        text_cell(group.space),
        text_cell(title_of(group.search_dataset), group.search_dataset),
        count_cell(len(part)),
        text_cell(seeds_in_words(part["seed"].tolist())),
        text_cell(_states(part)),
    )


def main_table(group: Group) -> Table:
    """Test accuracy of every method on every dataset (mean, interval, spread, regret)."""
    any_collapsed = bool(group.results["collapsed"].any())
    any_unfinished = bool(group.results["state"].ne("done").any())
    tell_states = any_collapsed or any_unfinished
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
    if any_collapsed:
        notes += [COLLAPSE_NOTE, _COLLAPSE_INTERVALS_NOTE]
    if any_unfinished:
        notes.append("Runs that did not finish are counted under States and part of no mean.")
    return Table(
        f"main-{group.name}",
        f"Test accuracy in percent: {group.title}; ground truth {group.truth_title}.",
        tuple(columns),
        tuple(blocks),
        (*IDENTITY, "dataset", "test_query"),
        tuple(notes),
    )


_COSTS = {
    "simulated_seconds": "Simulated seconds",
    "search_seconds": "Real seconds",
    "evaluated": "Architectures scored",
    "peak_memory_mib": "Peak memory, MiB",
}


def cost_table(group: Group) -> Table:
    """What a search costs: a table's clock, real time, architectures scored and memory, apart.

    A quantity that is nothing for every method is left out.
    """
    finished = select(group.trials, group.trials["state"].eq("done"))
    quantities = {name: words for name, words in _COSTS.items() if any(values_of(finished, name))}
    epoch_seconds = dict(by_row(_epoch_seconds(group)))
    columns = [Column("Method", ("method",), "left"), Column("n", ("n",))]
    for field, heading in quantities.items():
        columns.append(Column(heading, (f"{field}_median", f"{field}_max")))
    if epoch_seconds:
        columns.append(Column("Seconds an epoch", ("epoch_seconds_median",)))
    rows = []
    for row in group.rows:
        part = select(finished, finished["row"].eq(row))
        cells = [text_cell(row), count_cell(len(part))]
        cells += [_cost_cell(values_of(part, field), field) for field in quantities]
        if epoch_seconds:
            cells.append(_epoch_cell(epoch_seconds.get(row)))
        rows.append(tuple(cells))
    notes = [
        "Of finished searches. Simulated seconds are the clock of the benchmark's table, real "
        "seconds what the machine spent; they measure different things and are never added."
    ]
    if "peak_memory_mib" in quantities:
        notes.append("Peak memory: of a search's tensors on a GPU, of its whole process on a CPU.")
    return Table(
        f"cost-{group.name}",
        f"Cost of a search, median (maximum): {group.title}.",
        tuple(columns),
        (Block("", group.identity, tuple(rows)),),
        IDENTITY,
        tuple(notes),
    )


def _epoch_seconds(group: Group) -> pd.DataFrame:
    """Return the epochs of finished searches, each once, that tell how long they took."""
    finished = group.trials.loc[group.trials["state"].eq("done"), "key"]
    events = select(group.epochs, group.epochs["key"].isin(list(finished)))
    return events.dropna(subset="epoch_seconds").drop_duplicates(["key", "epoch"])


def _cost_cell(values: Floats, field: str) -> Cell:
    if not len(values):
        return Cell(ABSENT, (None, None))
    median, most = float(np.median(values)), float(values.max())
    decimals = 0 if field in ("evaluated", "peak_memory_mib") else _seconds_decimals(values)
    return Cell(f"{fixed(median, decimals)} ({fixed(most, decimals)})", (median, most))


def _epoch_cell(epochs: pd.DataFrame | None) -> Cell:
    if epochs is None:
        return number_cell(math.nan)
    values = values_of(epochs, "epoch_seconds")
    return number_cell(float(np.median(values)), _seconds_decimals(values))


def _seconds_decimals(values: Floats) -> int:
    # Below ten, as for a lookup in a table, whole numbers would hide everything.
    return 0 if values.max() >= 10 else 2


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
