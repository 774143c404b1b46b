"""Tables of ground truth, by name: a measured value of every architecture of a space."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.errors import UserError, unknown
from benchmarks.files.data_folder import data_folder
from benchmarks.tables.table import Table, read_table


@dataclass(frozen=True)
class KnownTable:
    """A table that the harness can obtain. Tables of different names are never pooled."""

    name: str
    space: str
    description: str
    obtain: str
    """Command that obtains the table."""
    datasets: tuple[str, ...] = ("cifar10", "cifar100", "imagenet16-120")
    """Datasets with values."""
    file: Path | None = None
    """Path of the table, if it is not in the data folder."""
    is_test_only: bool = False
    """Whether it holds only values on test data; it is then used only if the user names it."""

    @property
    def path(self) -> Path:
        """Path of the table, whether or not it exists yet."""
        return self.file or data_folder() / self.space / f"{self.name}.parquet"


TABLES = {
    each.name: each
    for each in (
        KnownTable(
            "nats-bench-public",
            "nas-bench-201",
            "NATS-Bench's run set, joined from small public files",
            "python -m harness data fetch nas-bench-201",
        ),
        KnownTable(
            "nas-bench-201-v1.1",
            "nas-bench-201",
            "the official NAS-Bench-201 file, version 1.1",
            "python -m harness data import nas-bench-201 NAS-Bench-201-v1_1-096897.pth",
        ),
        KnownTable(
            "nats-tss-v1.0",
            "nas-bench-201",
            "the official NATS-Bench files, topology space",
            "python -m harness data import nas-bench-201 NATS-tss-v1_0-3ffb9-simple",
        ),
        KnownTable(
            "digits",
            "nas-bench-201",
            "trained here on handwritten digits under noise; comes with the harness",
            "python -m harness tabulate --dataset digits --yes --out mine.parquet",
            datasets=("digits",),
            file=Path(__file__).parent / "digits" / "digits.parquet",
        ),
        KnownTable(
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
"""In order of preference among the available tables of a space, if the user names none."""


def find_table(name: str) -> KnownTable:
    """Return the table of that name; UserError if there is none."""
    if name not in TABLES:
        raise unknown("table", name, TABLES)
    return TABLES[name]


def tables_of(space: str, dataset: str | None = None) -> list[KnownTable]:
    """Return the tables of a space, preferred ones first.

    With a dataset, only those with its values on validation data, which a search on it can use.
    """
    return [
        each
        for each in TABLES.values()
        if each.space == space
        and (dataset is None or (dataset in each.datasets and not each.is_test_only))
    ]


def register_table(path: Path) -> KnownTable:
    """Register a user's table under the name on its card, and return it.

    Raises:
        UserError: the file is not a table, or another table has that name.
    """
    path = path.expanduser().resolve()
    card = read_table(path).card
    added = KnownTable(
        card.name,
        card.space,
        card.description,
        "python -m harness tabulate",
        datasets=tuple(card.evaluations),
        is_test_only=any(each.valid is None for each in card.evaluations.values()),
        file=path,
    )
    if TABLES.setdefault(added.name, added).path.resolve() != path:
        raise UserError(
            f"{path} and {TABLES[added.name].path} are both named {added.name}; make one of them "
            "again with another --out."
        )
    return TABLES[added.name]


@cache
def open_table(name: str, path: Path) -> Table:
    """Open a table, once per process.

    Raises:
        UserError: the table is missing or damaged; the message says how to obtain it.
    """
    if not path.is_file():
        raise UserError(
            f"The table {name} is not at {path}. Get it with `{find_table(name).obtain}`."
        )
    return read_table(path)
