"""Ground truth: how good an architecture really is, by name of the table that says so."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.errors import UserError, unknown
from benchmarks.files.data_folder import data_folder
from benchmarks.tables.table import Table, read


@dataclass(frozen=True)
class GroundTruth:
    """A table that can be on this computer. Tables of different names are never pooled."""

    name: str
    space: str
    description: str
    obtain: str
    """The command that puts the table here."""
    datasets: tuple[str, ...] = ("cifar10", "cifar100", "imagenet16-120")
    """Those that it knows accuracies on."""
    file: Path | None = None
    """Where the table lies, if it is not in the data folder."""
    is_test_only: bool = False
    """Whether it holds test accuracies alone; it then answers only where it is named."""

    @property
    def path(self) -> Path:
        """Where the table lies once it is here."""
        return self.file or data_folder() / self.space / f"{self.name}.parquet"


TRUTHS = {
    truth.name: truth
    for truth in (
        GroundTruth(
            "nats-bench-public",
            "nas-bench-201",
            "NATS-Bench's run set, joined from small public files",
            "python -m harness data fetch nas-bench-201",
        ),
        GroundTruth(
            "nas-bench-201-v1.1",
            "nas-bench-201",
            "the official NAS-Bench-201 file, version 1.1",
            "python -m harness data import nas-bench-201 NAS-Bench-201-v1_1-096897.pth",
        ),
        GroundTruth(
            "nats-tss-v1.0",
            "nas-bench-201",
            "the official NATS-Bench files, topology space",
            "python -m harness data import nas-bench-201 NATS-tss-v1_0-3ffb9-simple",
        ),
        GroundTruth(
            "digits",
            "nas-bench-201",
            "trained here on handwritten digits under noise; comes with the harness",
            "python -m harness tabulate --dataset digits --yes --out mine.parquet",
            datasets=("digits",),
            file=Path(__file__).parent / "digits" / "digits.parquet",
        ),
        GroundTruth(
            "analog-nasbench",
            "nas-bench-201",
            "one CIFAR-10 test accuracy of each cell, from the package analog-nasbench; no "
            "validation accuracy, so nothing selects on it",
            "python -m harness data import analog-nasbench",
            datasets=("cifar10",),
            is_test_only=True,
        ),
    )
}
"""In the order of preference where a space has several here and the user names none."""


def truth(name: str) -> GroundTruth:
    """The ground truth of that name; UserError where there is none."""
    if name not in TRUTHS:
        raise unknown("ground truth", name, TRUTHS)
    return TRUTHS[name]


def of_space(space: str, dataset: str | None = None) -> list[GroundTruth]:
    """The ground truths of a space, preferred ones first.

    If a dataset is given, only those to search on it with: they know it, on validation data too.
    """
    return [
        each
        for each in TRUTHS.values()
        if each.space == space
        and (dataset is None or (dataset in each.datasets and not each.is_test_only))
    ]


def register(path: Path) -> GroundTruth:
    """Make a table of the user's own known under the name that its card has; return it.

    Raises:
        UserError: the file is no table, or another table has that name.
    """
    path = path.expanduser().resolve()
    card = read(path).card
    added = GroundTruth(
        card.name,
        card.space,
        card.description,
        "python -m harness tabulate",
        datasets=tuple(card.evaluations),
        is_test_only=any(each.valid is None for each in card.evaluations.values()),
        file=path,
    )
    if TRUTHS.setdefault(added.name, added).path.resolve() != path:
        raise UserError(
            f"{path} calls itself {added.name}, as {TRUTHS[added.name].path} does; give it a name "
            "of its own by making it again with another --out."
        )
    return TRUTHS[added.name]


@cache
def open_table(name: str, path: Path) -> Table:
    """Open a ground truth's table, once in a process.

    Raises:
        UserError: the table is not here, or is damaged; the message says how to obtain it.
    """
    if not path.is_file():
        raise UserError(f"{name} is not at {path}. Get it with `{truth(name).obtain}`.")
    return read(path)
