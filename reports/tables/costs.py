"""The cost of a search."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd

from reports.frames import IDENTITY, select, values_of
from reports.groups import Group, by_row
from reports.statistics import Floats
from reports.tables.cells import (
    ABSENT,
    count_cell,
    fixed,
    number_cell,
    text_cell,
)
from reports.tables.table import Block, Cell, Column, Table

_COSTS = {
    "simulated_seconds": "Simulated seconds",
    "search_seconds": "Real seconds",
    "evaluated": "Architectures scored",
    "peak_memory_mib": "Peak memory, MiB",
}


def cost_table(group: Group) -> Table:
    """Return the cost of a search: simulated time, real time, architectures scored and memory.

    Quantities that are zero or missing for every method are left out.
    """
    finished = select(group.trials, group.trials["state"].eq("done"))
    quantities = {name: words for name, words in _COSTS.items() if any(values_of(finished, name))}
    epoch_seconds = dict(by_row(_epoch_seconds(group)))
    columns = [Column("Method", ("method",), "left"), Column("n", ("n",))]
    for field, heading in quantities.items():
        columns.append(Column(heading, (f"{field}_median", f"{field}_max")))
    if epoch_seconds:
        columns.append(Column("Seconds per epoch", ("epoch_seconds_median",)))
    rows = []
    for row in group.rows:
        trials = select(finished, finished["row"].eq(row))
        cells = [text_cell(row), count_cell(len(trials))]
        cells += [_cost_cell(values_of(trials, field), field) for field in quantities]
        if epoch_seconds:
            cells.append(_epoch_cell(epoch_seconds.get(row)))
        rows.append(tuple(cells))
    notes = [
        "Of finished searches. Simulated seconds are on the clock of the benchmark's table, real "
        "seconds are wall time; they measure different things and are never added."
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
    """Return each epoch of finished searches once, if its duration is known."""
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
    # Below ten, as for table lookups, integers would hide everything.
    return 0 if values.max() >= 10 else 2
