"""Published accuracies, each with its source, and which of our results they answer to.

The numbers are in `published/nb201.csv`, the correspondence in `published/matches.toml`. A number
that was read at its source is shown plainly, one recalled with high certainty is shown with a mark,
and any other is hidden: a wrong target would be worse than none.
"""

from __future__ import annotations

import csv
import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources

_DATASETS = {"CIFAR-10": "cifar10", "CIFAR-100": "cifar100", "ImageNet16-120": "imagenet16-120"}
_RUNS = re.compile(r"mean±std of (\d+) runs")

Address = tuple[str, str, str, str, str]
"""Method, protocol, space, search dataset and evaluated dataset of a result of ours."""


@dataclass(frozen=True)
class Published:
    """A published test accuracy in percent."""

    accuracy: float
    sd: float | None
    """Standard deviation over runs, in points."""
    runs: int | None
    """Number of independent searches; None where the source does not say."""
    source: str
    """Paper, year and table."""
    recalled: bool
    """True when the number is quoted from memory and was not read at its source."""
    table: str
    """Version of the benchmark's table that the number was made on."""
    truths: tuple[str, ...]
    """Our ground truths that are the same table."""
    protocol_chosen: bool
    """True when the code that made the number is not known, so that our settings are a choice: a
    difference can be shown, a verdict cannot be given."""

    def same_table(self, truth: str) -> bool:
        """Tell whether our ground truth is the table that the number was made on."""
        return truth in self.truths


def find(
    method: str, protocol: str, space: str, search_dataset: str, dataset: str
) -> Published | None:
    """Return the published number that a result answers to, if there is one fit to print."""
    return _published().get((method, protocol, space, search_dataset, dataset))


@cache
def _published() -> dict[Address, Published]:
    folder = resources.files("reports") / "published"
    numbers = (folder / "nb201.csv").read_text(encoding="utf-8")
    rows = list(csv.DictReader(numbers.splitlines()))
    matches = tomllib.loads((folder / "matches.toml").read_text(encoding="utf-8"))["match"]
    found: dict[Address, Published] = {}
    for match in matches:
        ours = (match["method"], match["protocol"], match["space"], match["search_dataset"])
        for row in rows:
            if _answers(row, match) and printable(row):
                address = (*ours, _DATASETS[row["dataset"]])
                if address in found:
                    raise ValueError(f"Two published rows answer to {address}.")
                found[address] = _published_from(row, match)
    return found


def _answers(row: dict[str, str], match: dict) -> bool:
    theirs = (row["method"], row["variant"], row["split"])
    is_this_source = row["paper"] == match.get("paper", row["paper"])
    return is_this_source and theirs == (match["published_method"], match["variant"], "test")


def printable(row: dict[str, str]) -> bool:
    """Tell whether a row of the file is certain enough to be printed."""
    return row["confidence"] == "read" or row["recall_certainty"] == "high"


def _published_from(row: dict[str, str], match: dict) -> Published:
    runs = _RUNS.match(row["aggregation"])
    return Published(
        accuracy=float(row["accuracy"]),
        sd=float(row["std"]) if row["std"] else None,
        runs=int(runs.group(1)) if runs else None,
        source=f"{row['paper']} {row['year']}, {row['paper_table']}",
        recalled=row["confidence"] != "read",
        table=match["table"],
        truths=tuple(match.get("truths", ())),
        protocol_chosen=match.get("protocol_chosen", False),
    )
