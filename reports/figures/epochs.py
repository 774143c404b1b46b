"""Quantities of searches, laid out by epoch and search."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmarks.spaces import SPACES
from reports.frames import COUNT, select
from reports.groups import Group


def rows_with_epochs(group: Group) -> tuple[str, ...]:
    """Return the rows whose searches run in epochs, in the order of the group."""
    there = set(group.epochs["row"])
    return tuple(row for row in group.rows if row in there)


def operations_of(group: Group) -> tuple[str, ...]:
    """Return the operations that are counted in each epoch, in the order of the space."""
    events = group.epochs.dropna(axis="columns", how="all")
    names = {str(name).removeprefix(COUNT) for name in events if str(name).startswith(COUNT)}
    order: list[str] = []
    if group.space in SPACES:
        space = SPACES[group.space]
        order = [each for cell_type in space.cell_types.values() for each in cell_type.operations]
    return tuple(dict.fromkeys(name for name in [*order, *sorted(names)] if name in names))


def by_search(events: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lay out a quantity by epoch and search.

    Args:
        events: epochs of one row; an epoch on several datasets is taken once.
        column: one of `frames.EPOCH_COLUMNS`, or any other quantity of an epoch.

    Returns:
        Indexed by epoch, a column per search named by its key; NaN after the end of a search.
    """
    once = events.drop_duplicates(["key", "epoch"])
    return once.pivot(index="epoch", columns="key", values=column).dropna(axis="columns", how="all")


def finished_among(group: Group, values: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of finished searches, for the epochs that all of them have.

    A mean or median over more epochs would jump where a search ends.
    """
    keys = group.trials.loc[group.trials["state"].eq("done"), "key"]
    return values.loc[:, values.columns.isin(list(keys))].dropna()


def mean_counts(group: Group, events: pd.DataFrame) -> pd.DataFrame:
    """Return the number of edges of each operation after each epoch, a mean over finished searches.

    Returns:
        Indexed by epoch, a column per operation in the order of the space.
    """
    counts = {
        operation: finished_among(group, by_search(events, COUNT + operation)).mean(axis="columns")
        for operation in operations_of(group)
    }
    return pd.DataFrame(counts).dropna()


def finished_in_words(group: Group, rows: Sequence[str]) -> str:
    """Count the finished and the collapsed searches of each row, in words."""
    finished = select(group.trials, group.trials["state"].eq("done"))
    words = []
    for row in rows:
        trials = select(finished, finished["row"].eq(row))
        collapsed = trials["collapsed"].sum() or "none"
        words.append(f"{row} n = {len(trials)}, {collapsed} collapsed")
    return "; ".join(words)
