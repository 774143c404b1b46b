"""What searches were after each of their epochs, search by search."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from benchmarks.spaces import SPACES
from reports.trials import COUNT, Group, select


def rows_with_epochs(group: Group) -> tuple[str, ...]:
    """Return the methods that went epoch by epoch, in the group's order."""
    there = set(group.epochs["row"])
    return tuple(row for row in group.rows if row in there)


def operations_of(group: Group) -> tuple[str, ...]:
    """Return the operations that are counted in each epoch, in the order of the space."""
    events = group.epochs.dropna(axis="columns", how="all")
    names = {str(name).removeprefix(COUNT) for name in events if str(name).startswith(COUNT)}
    order: list[str] = []
    if group.space in SPACES:
        space = SPACES[group.space]
        edges = [edge for cell_type in space.cell_types for edge in space.edges(cell_type)]
        order = [operation for edge in edges for operation in edge.operations]
    return tuple(dict.fromkeys(name for name in [*order, *sorted(names)] if name in names))


def by_search(events: pd.DataFrame, column: str) -> pd.DataFrame:
    """Lay a quantity out with a line for each epoch and a column for each search.

    Args:
        events: epochs of one method; the same epoch on several datasets is taken once.
        column: one of `trials.EPOCH_COLUMNS`, or any other quantity of an epoch.

    Returns:
        Indexed by epoch, columns named by the key of the trial; NaN where a search was not so long.
    """
    once = events.drop_duplicates(["key", "epoch"])
    return once.pivot(index="epoch", columns="key", values=column).dropna(axis="columns", how="all")


def finished_among(group: Group, values: pd.DataFrame) -> pd.DataFrame:
    """Return the columns of finished searches, for the epochs that every one of them has.

    Over the others a mean or a median would jump where a search ends.
    """
    keys = group.trials.loc[group.trials["state"].eq("done"), "key"]
    return values.loc[:, values.columns.isin(list(keys))].dropna()


def mean_counts(group: Group, events: pd.DataFrame) -> pd.DataFrame:
    """Return on how many edges each operation is after each epoch, mean over finished searches.

    Returns:
        Indexed by epoch, a column for each operation in the space's order.
    """
    counts = {
        operation: finished_among(group, by_search(events, COUNT + operation)).mean(axis="columns")
        for operation in operations_of(group)
    }
    return pd.DataFrame(counts).dropna()


def counted(group: Group, rows: Sequence[str]) -> str:
    """Say of each method how many searches finished, and how many of them collapsed."""
    finished = select(group.trials, group.trials["state"].eq("done"))
    words = []
    for row in rows:
        part = select(finished, finished["row"].eq(row))
        words.append(f"{row} n = {len(part)}, {part['collapsed'].sum() or 'none'} collapsed")
    return "; ".join(words)
