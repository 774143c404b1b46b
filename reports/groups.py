"""Groups of trials that may be compared.

Trials are compared only if they share space, search dataset, protocol, overrides and ground truth.
Within a group a row of a table is a method; versions of a method, the same seeds on another device,
and reference results are rows of their own.
"""

from __future__ import annotations

import math
import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import cast

import numpy as np
import pandas as pd

from benchmarks.metric import Metric, find_metric
from reports.frames import IDENTITY, REFERENCE, done, select, tidy_history, tidy_results, values_of
from reports.wording import DATASET_TITLES, dataset_title

RANDOM = "random"
"""The control: one uniformly drawn architecture per seed."""

CONTROLS = ("random-ws", RANDOM)
"""Baselines, listed last whatever they found."""


@dataclass(frozen=True)
class Group:
    """Trials that may be compared with each other."""

    space: str
    search_dataset: str
    protocol: str
    overrides: str
    table: str
    table_version: str
    table_sha256: str
    space_version: str
    metric: Metric
    """What the values of its results are measured in."""
    name: str
    """Unique within a report, safe as a file name."""
    results: pd.DataFrame
    """Rows of `results`, with the columns `row` (label of the method in tables) and `panel` (the
    evaluated dataset, with its query if the dataset has several)."""
    history: pd.DataFrame
    """Rows of `history` of these trials, with `row` and `panel`."""

    @property
    def title(self) -> str:
        """The shared conditions in words."""
        words = f"{self.space}, searched on {dataset_title(self.search_dataset)}, "
        words += f"protocol {self.protocol}"
        return f"{words}, {self.overrides}" if self.overrides else words

    @property
    def identity(self) -> tuple[str, ...]:
        """Values of the columns `IDENTITY`, which all trials share."""
        return tuple(getattr(self, name) for name in IDENTITY)

    @property
    def table_title(self) -> str:
        """Name and version of what gives the ground truth."""
        if not self.table:
            return "not known"
        return f"{self.table} ({self.table_version})" if self.table_version else self.table

    @property
    def panels(self) -> tuple[str, ...]:
        """Evaluated datasets, in the papers' order."""
        order = list(DATASET_TITLES.values())
        known = {panel: order.index(panel) for panel in order}
        return tuple(
            sorted(self.results["panel"].unique(), key=lambda p: (known.get(p, len(order)), p))
        )

    @property
    def rows(self) -> tuple[str, ...]:
        """Row labels, best mean on the first panel first, baselines last."""
        return ordered_rows(self.on(self.panels[0]), self.metric)

    @property
    def is_trained(self) -> bool:
        """Whether architectures were trained, instead of looked up in a table."""
        return bool(self.results["training_seeds"].notna().any())

    @property
    def trials(self) -> pd.DataFrame:
        """One row per trial, for columns that do not depend on the evaluated dataset."""
        return self.results.drop_duplicates("key")

    @property
    def methods(self) -> dict[str, str]:
        """The method of each row."""
        return dict(zip(self.results["row"], self.results["method"], strict=True))

    @property
    def epochs(self) -> pd.DataFrame:
        """Events of searches that run in epochs, one per finished epoch."""
        return select(self.history, self.history["epoch"].notna())

    @property
    def control(self) -> str | None:
        """The row of random architectures; of several, the one with the most finished trials."""
        return self.row_of(RANDOM)

    def row_of(self, name: str) -> str | None:
        """Return the row with the most finished trials of a method, or the row of this name.

        None if it has no finished trial.
        """
        column = "method" if name in self.methods.values() else "row"
        named = select(self.trials, self.trials[column].eq(name))
        rows = {row: len(trials) for row, trials in by_row(done(named))}
        return max(rows, key=lambda row: rows[row]) if rows else None

    @property
    def names(self) -> frozenset[str]:
        """Names that a control can have: methods and rows, finished or not."""
        return frozenset(self.results["method"]) | frozenset(self.results["row"])

    def on(self, panel: str) -> pd.DataFrame:
        """Return the results on one evaluated dataset."""
        return select(self.results, self.results["panel"] == panel)

    def optimum(self, panel: str) -> float:
        """Return the best test value of the table; NaN without a table."""
        known = values_of(self.on(panel), "optimum")
        return float(known[-1]) if len(known) else math.nan


def group_trials(results: pd.DataFrame, history: pd.DataFrame) -> tuple[Group, ...]:
    """Sort trials into groups; the order of the frames' rows does not matter.

    Raises:
        ValueError: a column is missing, a trial is given twice, or two metrics would be compared.
        UserError: a metric is unknown.
    """
    results = tidy_results(results)
    history = tidy_history(history)
    groups: list[Group] = []
    for values, rows in results.groupby(list(IDENTITY), sort=True):
        identity = dict(zip(IDENTITY, cast(tuple[str, ...], values), strict=True))
        labelled = rows.assign(row=_row_labels(rows), panel=_panels(rows)).reset_index(drop=True)
        if labelled.duplicated(["row", "panel", "seed"]).any():
            raise ValueError("Two trials share method, version, device, dataset and seed.")
        labels = labelled[["key", "dataset", "row", "panel"]]
        events = history.merge(labels, on=["key", "dataset"], how="inner")
        name = _file_name(list(identity.values())[:4], {group.name for group in groups})
        metric = _metric_of(rows)
        groups.append(Group(**identity, metric=metric, name=name, results=labelled, history=events))
    return tuple(groups)


def _metric_of(rows: pd.DataFrame) -> Metric:
    """Return the metric that trials to compare share."""
    names = sorted(set(rows["metric"]))
    if len(names) > 1:
        raise ValueError(f"Trials to compare are measured in {' and '.join(names)}.")
    return find_metric(names[0])


def method_of(rows: pd.DataFrame) -> str:
    """Return the method that all of these rows share."""
    return str(rows["method"].iat[0])


def ordered_rows(results: pd.DataFrame, metric: Metric) -> tuple[str, ...]:
    """Return row labels by mean test value, best first and baselines last."""

    def place(item: tuple[str, pd.DataFrame]) -> tuple[int, float, str]:
        row, trials = item
        method = method_of(trials)
        values = values_of(done(trials), "test_value")
        goodness = metric.sign * values.mean() if len(values) else -np.inf
        return (CONTROLS.index(method) + 1 if method in CONTROLS else 0, -goodness, row)

    return tuple(row for row, _ in sorted(by_row(results), key=place))


def by_row(frame: pd.DataFrame) -> Iterator[tuple[str, pd.DataFrame]]:
    """Yield row labels with their rows of a frame."""
    for label, rows in frame.groupby("row", sort=True):
        yield str(label), rows


_VARIANTS = (
    ("method_version", "{} v{}"),
    ("settings_digest", "{}, settings {}"),
    ("scored_on", "{}, scored on {}"),
)


def _row_labels(rows: pd.DataFrame) -> list[str]:
    """Label rows by method, followed by whatever distinguishes several rows of one method."""
    labels = [str(method) for method in rows["method"]]
    for column, form in _VARIANTS:
        variants = defaultdict(set)
        for label, variant in zip(labels, rows[column], strict=True):
            variants[label].add(variant)
        labels = [
            form.format(label, variant) if len(variants[label]) > 1 else label
            for label, variant in zip(labels, rows[column], strict=True)
        ]
    labels = [
        f"{label}, reference {mark}" if mark else label
        for label, mark in zip(labels, rows[REFERENCE], strict=True)
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
        str(dataset): sorted(set(trials["test_query"]) - {""})
        for dataset, trials in rows.groupby("dataset")
    }

    def panel(dataset: str, query: str) -> str:
        if len(queries[dataset]) < 2:
            return dataset_title(dataset)
        # A failed trial may have no query; it is counted with the first one.
        return f"{dataset_title(dataset)} ({query or queries[dataset][0]})"

    return [panel(*pair) for pair in zip(rows["dataset"], rows["test_query"], strict=True)]


def _file_name(parts: Sequence[str], taken: set[str]) -> str:
    words = re.sub(r"[^a-z0-9]+", "-", "-".join(filter(None, parts)).lower()).strip("-")[:80]
    name, number = words, 1
    while name in taken:
        number += 1
        name = f"{words}-{number}"
    return name
