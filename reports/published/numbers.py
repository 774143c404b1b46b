"""Published values with their sources, matched to our results.

The numbers are in `nb201.csv`, the matches in `matches.toml`. Numbers that were read at their
source are shown as they are, numbers recalled with high certainty are marked, and all others are
hidden: a wrong target is worse than none.
"""

from __future__ import annotations

import csv
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

from benchmarks.metric import ACCURACY

_DATASETS = {"CIFAR-10": "cifar10", "CIFAR-100": "cifar100", "ImageNet16-120": "imagenet16-120"}
_RUNS = re.compile(r"mean±std of (\d+) runs")

Key = tuple[str, str, str, str, str]
"""Method, protocol, space, search dataset and evaluated dataset of one of our results."""


@dataclass(frozen=True)
class Published:
    """A published test value."""

    value: float
    metric: str
    """Name of the metric that it is measured in."""
    sd: float | None
    """Standard deviation over runs."""
    runs: int | None
    """Number of independent searches; None if the source does not say."""
    source: str
    """Paper, year and table."""
    recalled: bool
    """Whether the number is quoted from memory instead of read at its source."""
    table: str
    """Version of the benchmark's table behind the number."""
    our_tables: tuple[str, ...]
    """Names of our tables that are the same table."""
    protocol_chosen: bool
    """Whether our settings are a choice, because the code behind the number is not known: a
    difference can be shown, but no verdict."""

    def is_on(self, table: str) -> bool:
        """Return whether our table of this name is the table behind the number."""
        return table in self.our_tables


def find_published(
    method: str, protocol: str, space: str, search_dataset: str, dataset: str
) -> Published | None:
    """Return the published number that applies to a result; None if none may be shown."""
    return _load_published().get((method, protocol, space, search_dataset, dataset))


@cache
def _load_published() -> dict[Key, Published]:
    folder = resources.files("reports.published")
    numbers = (folder / "nb201.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(numbers.splitlines()))
    matches = tomllib.loads((folder / "matches.toml").read_text(encoding="utf-8"))["match"]
    found: dict[Key, Published] = {}
    for match in matches:
        ours = (match["method"], match["protocol"], match["space"], match["search_dataset"])
        for row in rows:
            if _is_match(row, match) and is_certain(row):
                key = (*ours, _DATASETS[row["dataset"]])
                if key in found:
                    raise ValueError(f"Two published rows match {key}.")
                found[key] = _published_from(row, match)
    return found


def _is_match(row: dict[str, str], match: dict) -> bool:
    theirs = (row["method"], row["variant"], row["split"])
    is_this_source = row["paper"] == match.get("paper", row["paper"])
    return is_this_source and theirs == (match["published_method"], match["variant"], "test")


def is_certain(row: dict[str, str]) -> bool:
    """Return whether a row of the file is certain enough to be shown."""
    return row["confidence"] == "read" or row["recall_certainty"] == "high"


def _published_from(row: dict[str, str], match: dict) -> Published:
    runs = _RUNS.match(row["aggregation"])
    return Published(
        value=float(row["accuracy"]),
        metric=ACCURACY.name,
        sd=float(row["std"]) if row["std"] else None,
        runs=int(runs.group(1)) if runs else None,
        source=f"{row['paper']} {row['year']}, {row['paper_table']}",
        recalled=row["confidence"] != "read",
        table=match["published_table"],
        our_tables=tuple(match.get("our_tables", ())),
        protocol_chosen=match.get("protocol_chosen", False),
    )
