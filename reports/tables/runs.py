"""What was run: fresh trials, and reference results beside them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from reports.frames import REFERENCE, select
from reports.groups import Group, by_row
from reports.reference.merging import reference_marks
from reports.reference.results import ReferenceResults
from reports.statistics import wilson_interval
from reports.tables.cells import (
    ABSENT,
    count_cell,
    fixed,
    text_cell,
)
from reports.tables.table import Block, Cell, Column, Rows, Table
from reports.wording import dataset_title, seeds_in_words


def runs_table(groups: Sequence[Group]) -> Table:
    """List the fresh trials, one row per method and group."""
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
        fresh = dict(by_row(select(group.trials, group.trials[REFERENCE].eq(""))))
        for row in filter(fresh.__contains__, group.rows):
            trials = fresh[row]
            devices = ", ".join(sorted(set(trials["device"]) - {""})) or ABSENT
            devices = devices.replace("none", "lookups only")
            words = [row, group.protocol, group.space]
            overrides = [text_cell(group.overrides or "none", group.overrides)]
            rows.append(
                (
                    *map(text_cell, words),
                    text_cell(dataset_title(group.search_dataset), group.search_dataset),
                    *(overrides if overridden else []),
                    count_cell(len(trials)),
                    text_cell(seeds_in_words(trials["seed"].tolist())),
                    text_cell(states_in_words(trials)),
                    text_cell(devices),
                )
            )
    return Table("runs", "What was run.", tuple(columns), (Block("", (), tuple(rows)),))


def reference_table(groups: Sequence[Group], reference: Sequence[ReferenceResults]) -> Table | None:
    """List the rows that are reference results, and how they came about."""
    marks = reference_marks(reference)
    blocks, notes = [], []
    for each in reference:
        rows = _reference_rows(groups, marks[each.name])
        if not rows:
            continue
        origin = each.origin
        commit = origin.commit or "not in a repository"
        heading = f"{origin.date}, {origin.device}, commit {commit}: {origin.command}"
        values = (each.name, str(origin.date), origin.device, commit, origin.command)
        blocks.append(Block(heading.replace("\n", "; "), values, rows))
        notes += [f"{each.name}: {origin.note}"] if origin.note else []
    if not blocks:
        return None
    columns = (
        Column("Method", ("method",), "left"),
        Column("Protocol", ("protocol",), "left"),
        Column("Space", ("space",), "left"),
        Column("Searched on", ("search_dataset",), "left"),
        Column("Runs", ("runs",)),
        Column("Seeds", ("seeds",), "left"),
        Column("States", ("states",), "left"),
    )
    return Table(
        "reference",
        "Reference results: run earlier, with the device, commit and command given here.",
        columns,
        tuple(blocks),
        ("reference", "date", "device", "commit", "command"),
        tuple(notes),
    )


def _reference_rows(groups: Sequence[Group], mark: str) -> Rows:
    rows = []
    for group in groups:
        trials = dict(by_row(select(group.trials, group.trials[REFERENCE].eq(mark))))
        rows += [_reference_row(group, row, trials[row]) for row in group.rows if row in trials]
    return tuple(rows)


def _reference_row(group: Group, row: str, trials: pd.DataFrame) -> tuple[Cell, ...]:
    return (
        text_cell(row),
        text_cell(" with ".join(filter(None, [group.protocol, group.overrides]))),
        text_cell(group.space),
        text_cell(dataset_title(group.search_dataset), group.search_dataset),
        count_cell(len(trials)),
        text_cell(seeds_in_words(trials["seed"].tolist())),
        text_cell(states_in_words(trials)),
    )


def states_in_words(trials: pd.DataFrame) -> str:
    """Count trials by state, and collapsed searches with the Wilson interval of their share."""
    counts = Counter(map(str, trials["state"]))
    named = sorted(counts.items(), key=lambda item: (item[0] != "done", item[0]))
    words = ", ".join(f"{count} {state}" for state, count in named)
    finished, collapsed = counts["done"], sum(trials["collapsed"])
    if not collapsed or not finished:
        return words
    low, high = (fixed(100 * share, 0) for share in wilson_interval(collapsed, finished))
    return f"{words}; {collapsed} collapsed ({low} to {high} %)"
