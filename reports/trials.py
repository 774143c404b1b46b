"""The data frames that a report is made from, sorted into groups that may be compared.

Trials stand side by side only when they share space, search dataset, protocol, overrides and
ground truth. Within such a group a row of a table is a method; a method's versions, the same seeds
on another device, and trials from a dated record are rows of their own.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

RESULT_COLUMNS = (
    "method", "space", "search_dataset", "dataset", "protocol", "overrides", "seed", "state",
    "reason", "collapsed", "architecture", "valid_accuracy", "test_accuracy", "valid_query",
    "test_query", "optimum_test_accuracy", "regret", "rank", "percentile", "share_as_good",
    "parameters", "macs", "search_seconds", "simulated_seconds", "evaluated", "peak_memory_mib",
    "truth", "truth_version", "truth_sha256", "method_version", "space_version", "settings_digest",
    "key", "device", "finished_at",
)  # fmt: skip
"""Columns of `results`: one row per trial and evaluated dataset."""

HISTORY_COLUMNS = (
    "key", "method", "space", "search_dataset", "protocol", "overrides", "seed", "step",
    "simulated_seconds", "seconds", "architecture", "score", "dataset", "test_accuracy",
)  # fmt: skip
"""Columns of `history`: one row per trial, event and evaluated dataset."""

EPOCH_COLUMNS = (
    "epoch", "search_train_loss", "search_valid_loss", "search_train_accuracy",
    "search_valid_accuracy", "entropy", "epoch_seconds", "peak_memory_mib", "weight_lr",
)  # fmt: skip
"""Further columns of `history` where a search went epoch by epoch; each may be absent.

`epoch` counts those that are done, losses and accuracies (percent) are the supernet's under the
mixture on the batches for the weights (train) and for alpha (valid), `entropy` (nats) is that of
the mixture's weights, mean over edges. Besides these, `count_OPERATION` tells for each operation of
the space on how many edges the derived architecture has it.
"""

MEASURED_COLUMNS = ("survivors", "hessian_eigenvalue")
"""Columns of `history` that some methods, or searches that were asked to, have besides.

`survivors` counts the operations that are left on all edges, `hessian_eigenvalue` is the dominant
one of the validation loss's Hessian with respect to alpha.
"""

COUNT = "count_"
"""How the name of a column begins that counts an operation's edges."""

RECORDED = "recorded"
"""A further column of `results`: the mark of the record that a trial comes from, '' if fresh."""

RANDOM = "random"
"""The control: one uniformly drawn architecture per seed."""

CONTROLS = ("random-ws", RANDOM)
"""Baselines, which stand at the edge of a table whatever their accuracy."""

IDENTITY = (
    "space", "search_dataset", "protocol", "overrides", "truth", "truth_version", "truth_sha256",
    "space_version",
)  # fmt: skip
"""What trials must share to stand side by side."""

RESULT_NUMBERS = (
    "valid_accuracy", "test_accuracy", "optimum_test_accuracy", "regret", "rank", "percentile",
    "share_as_good", "parameters", "macs", "search_seconds", "simulated_seconds", "evaluated",
    "peak_memory_mib",
)  # fmt: skip
"""Columns of `results` that hold measurements."""

HISTORY_NUMBERS = (
    "seed", "step", "simulated_seconds", "seconds", "score", "test_accuracy",
)  # fmt: skip
"""Columns of `history` that hold numbers; all of `EPOCH_COLUMNS` do as well."""

# Results that were kept before a column existed are read as well.
_LATER_COLUMNS = ("peak_memory_mib",)
_WORDS = (
    "state", "test_query", "device", "method_version", "settings_digest", RECORDED, *IDENTITY,
)  # fmt: skip
_TITLES = {"cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "imagenet16-120": "ImageNet16-120"}


@dataclass(frozen=True)
class Group:
    """Trials that may be compared with each other."""

    space: str
    search_dataset: str
    protocol: str
    overrides: str
    truth: str
    truth_version: str
    truth_sha256: str
    space_version: str
    name: str
    """Unique within a report, fit for a file's name."""
    results: pd.DataFrame
    """The rows of `results`, with the columns `row` (what a table calls the method) and `panel`
    (the evaluated dataset; with its query where one dataset has several)."""
    history: pd.DataFrame
    """The rows of `history` that belong to these trials, with `row` and `panel`."""

    @property
    def title(self) -> str:
        """What all trials of the group share, in words."""
        words = f"{self.space}, searched on {title_of(self.search_dataset)}, "
        words += f"protocol {self.protocol}"
        return f"{words}, {self.overrides}" if self.overrides else words

    @property
    def identity(self) -> tuple[str, ...]:
        """Values of `IDENTITY`: what all trials of the group share."""
        return tuple(getattr(self, name) for name in IDENTITY)

    @property
    def truth_title(self) -> str:
        """The ground truth and its version."""
        return f"{self.truth} {self.truth_version}".strip() or "not recorded"

    @property
    def panels(self) -> tuple[str, ...]:
        """Evaluated datasets, in the papers' order."""
        order = list(_TITLES.values())
        known = {panel: order.index(panel) for panel in order}
        return tuple(
            sorted(self.results["panel"].unique(), key=lambda p: (known.get(p, len(order)), p))
        )

    @property
    def rows(self) -> tuple[str, ...]:
        """Methods, best mean on the first panel first, baselines last."""
        return ordered_rows(self.on(self.panels[0]))

    @property
    def trials(self) -> pd.DataFrame:
        """One line per trial, for what does not depend on the evaluated dataset."""
        return self.results.drop_duplicates("key")

    @property
    def methods(self) -> dict[str, str]:
        """The method of each row."""
        return dict(zip(self.results["row"], self.results["method"], strict=True))

    @property
    def epochs(self) -> pd.DataFrame:
        """The events of searches that went epoch by epoch, one for each epoch that was done."""
        return select(self.history, self.history["epoch"].notna())

    @property
    def control(self) -> str | None:
        """The row of finished random architectures; of several, the one with the most."""
        return self.row_of(RANDOM)

    def row_of(self, name: str) -> str | None:
        """Return the row of a method with the most finished trials, or the row of this very name.

        None where nothing of this name finished.
        """
        column = "method" if name in self.methods.values() else "row"
        named = select(self.trials, self.trials[column].eq(name))
        rows = {row: len(part) for row, part in by_row(done(named))}
        return max(rows, key=lambda row: rows[row]) if rows else None

    @property
    def names(self) -> frozenset[str]:
        """What a control can be named by: methods and rows, finished or not."""
        return frozenset(self.results["method"]) | frozenset(self.results["row"])

    def on(self, panel: str) -> pd.DataFrame:
        """Return the results on one evaluated dataset."""
        return select(self.results, self.results["panel"] == panel)

    def optimum(self, panel: str) -> float:
        """Return the best test accuracy of the table, percent; NaN where there is no table."""
        known = values_of(self.on(panel), "optimum_test_accuracy")
        return float(known[-1]) if len(known) else math.nan


def collect(results: pd.DataFrame, history: pd.DataFrame) -> tuple[Group, ...]:
    """Sort the trials into groups, independently of the order of the frames' rows."""
    results = _tidy_results(results)
    history = _tidy_history(history)
    groups: list[Group] = []
    for values, rows in results.groupby(list(IDENTITY), sort=True):
        identity = dict(zip(IDENTITY, cast(tuple[str, ...], values), strict=True))
        labelled = rows.assign(row=_row_labels(rows), panel=_panels(rows)).reset_index(drop=True)
        if labelled.duplicated(["row", "panel", "seed"]).any():
            raise ValueError("Two trials share method, version, device, dataset and seed.")
        labels = labelled[["key", "dataset", "row", "panel"]]
        events = history.merge(labels, on=["key", "dataset"], how="inner")
        name = _file_name(list(identity.values())[:4], {group.name for group in groups})
        groups.append(Group(**identity, name=name, results=labelled, history=events))
    return tuple(groups)


def needed_results() -> tuple[str, ...]:
    """Return the columns of `results` without which there is no report."""
    return tuple(name for name in RESULT_COLUMNS if name not in _LATER_COLUMNS)


def done(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the finished trials: collapsed ones are among them, failed ones are not."""
    return select(rows, rows["state"].eq("done") & rows["test_accuracy"].notna())


def select(frame: pd.DataFrame, chosen: Any) -> pd.DataFrame:
    """Return the rows where a mask is true; for a reader of types, always a frame."""
    return cast(pd.DataFrame, frame[chosen])


def values_of(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return a column's values that are there, in rising order; shape (n,)."""
    values = frame[column].to_numpy(dtype=np.float64)
    return np.sort(values[~np.isnan(values)])


def method_of(rows: pd.DataFrame) -> str:
    """Return the method that all of these rows belong to."""
    return str(rows["method"].iat[0])


def ordered_rows(results: pd.DataFrame) -> tuple[str, ...]:
    """Return the methods by falling mean test accuracy; without results next, baselines last."""

    def place(item: tuple[str, pd.DataFrame]) -> tuple[int, float, str]:
        row, part = item
        method = method_of(part)
        accuracies = values_of(done(part), "test_accuracy")
        mean = accuracies.mean() if len(accuracies) else -np.inf
        return (CONTROLS.index(method) + 1 if method in CONTROLS else 0, -mean, row)

    return tuple(row for row, _ in sorted(by_row(results), key=place))


def by_row(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield each method's part of a frame."""
    for row, part in frame.groupby("row", sort=True):
        yield str(row), part


def seeds_in_words(seeds: Iterable[int]) -> str:
    """List seeds as briefly as they can be named."""
    ordered = sorted(set(seeds))
    if len(ordered) > 2 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{ordered[0]} to {ordered[-1]}"
    if len(ordered) <= 6:
        return ", ".join(map(str, ordered))
    return f"{len(ordered)} between {ordered[0]} and {ordered[-1]}"


def title_of(dataset: str) -> str:
    """Return a dataset's name as the papers print it."""
    return _TITLES.get(dataset, dataset)


def _tidy_results(results: pd.DataFrame) -> pd.DataFrame:
    if results.empty:
        return pd.DataFrame(columns=[*RESULT_COLUMNS, RECORDED])
    optional = (*_LATER_COLUMNS, RECORDED)
    tidy = _with_columns(results, needed_results(), "results", optional)
    words, numbers = list(_WORDS), list(RESULT_NUMBERS)
    tidy[words] = tidy[words].astype(object).where(tidy[words].notna(), "").astype(str)
    tidy[numbers] = tidy[numbers].astype("float64")
    tidy["collapsed"] = tidy["collapsed"].astype(object).where(tidy["collapsed"].notna(), False)
    tidy["collapsed"] = tidy["collapsed"].astype(bool)
    return tidy.sort_values(["method", "method_version", "seed", "key", "dataset"])


def _tidy_history(history: pd.DataFrame) -> pd.DataFrame:
    if history.empty:
        names = (*HISTORY_COLUMNS, *EPOCH_COLUMNS, *MEASURED_COLUMNS)
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in names}).astype(
            {"key": "str", "dataset": "str"}
        )
    counts = sorted(name for name in history if str(name).startswith(COUNT))
    optional = (*EPOCH_COLUMNS, *MEASURED_COLUMNS, *counts)
    tidy = _with_columns(history, HISTORY_COLUMNS, "history", optional)
    tidy[list(optional)] = tidy[list(optional)].astype("float64")
    return tidy.sort_values(["key", "dataset", "step"])


def _with_columns(
    frame: pd.DataFrame, needed: tuple[str, ...], what: str, optional: tuple[str, ...]
) -> pd.DataFrame:
    missing = [name for name in needed if name not in frame]
    if missing:
        raise ValueError(f"The frame of {what} lacks {', '.join(missing)}.")
    return frame.reindex(columns=[*needed, *optional])


def _row_labels(rows: pd.DataFrame) -> list[str]:
    """Call each row by its method, and by whatever else tells two of the same method apart."""
    labels = [str(method) for method in rows["method"]]
    for column, form in (("method_version", "{} v{}"), ("settings_digest", "{}, settings {}")):
        variants = defaultdict(set)
        for label, variant in zip(labels, rows[column], strict=True):
            variants[label].add(variant)
        labels = [
            form.format(label, variant) if len(variants[label]) > 1 else label
            for label, variant in zip(labels, rows[column], strict=True)
        ]
    labels = [
        f"{label}, recorded {mark}" if mark else label
        for label, mark in zip(labels, rows[RECORDED], strict=True)
    ]
    # A seed repeats only where the same trial ran on another device as well. Both are the same
    # search, so pooling them would count one unit of replication twice.
    units = Counter(zip(labels, rows["dataset"], rows["test_query"], rows["seed"], strict=True))
    twice = {unit[0] for unit, count in units.items() if count > 1}
    return [
        f"{label} on {device}" if label in twice else label
        for label, device in zip(labels, rows["device"], strict=True)
    ]


def _panels(rows: pd.DataFrame) -> list[str]:
    queries = {
        str(dataset): sorted(set(part["test_query"]) - {""})
        for dataset, part in rows.groupby("dataset")
    }

    def panel(dataset: str, query: str) -> str:
        if len(queries[dataset]) < 2:
            return title_of(dataset)
        # A failed trial may not have got as far as a query; it is counted with the first.
        return f"{title_of(dataset)} ({query or queries[dataset][0]})"

    return [panel(*pair) for pair in zip(rows["dataset"], rows["test_query"], strict=True)]


def _file_name(parts: Sequence[str], taken: set[str]) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", "-".join(filter(None, parts)).lower()).strip("-")[:80]
    name, number = words, 1
    while name in taken:
        number += 1
        name = f"{words}-{number}"
    return name
