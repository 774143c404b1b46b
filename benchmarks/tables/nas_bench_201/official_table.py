"""The table of an official source: columns, checks and card."""

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.errors import UserError
from benchmarks.tables import table
from benchmarks.tables.nas_bench_201.curve_shards import CurveShards
from benchmarks.tables.nas_bench_201.layout import EVALUATIONS, IMAGES, whole_images
from benchmarks.tables.nas_bench_201.trainings import Converted
from benchmarks.tables.query import Query
from benchmarks.tables.table import Card

Progress = Callable[[int, int], None]
"""Called with the number of finished architectures and the total."""

_NOTES = (
    # AutoDL-Projects @ 3ee0d34, exps/NAS-Bench-201/statistics-v2.py, and @ 06d5c54,
    # exps/NATS-Bench/tss-collect.py, both in correct_time_related_info.
    "Seconds are the benchmark authors' estimate, not measured for each training: the time of a "
    "12-epoch training on cifar10-valid, scaled by the number of images.",
    "If a split was evaluated only at the end of a training, its learning curve has only its last "
    "value.",
)


@dataclass(frozen=True)
class RunSet:
    """Name and origin of a table from an official source."""

    name: str
    """Name of the table."""
    description: str
    origin: str
    """Origin of the source."""


def write_official_table(
    run_set: RunSet,
    source: Path,
    hashes: Sequence[str],
    converted: Iterable[Converted],
    architectures: int,
    out: Path,
    progress: Progress,
) -> Card:
    """Gather all architectures into a table and write it atomically.

    Args:
        run_set: name and origin of the table.
        source: the source file or folder, for the card and for messages.
        hashes: SHA-256 of each source file; complete once `converted` is exhausted.
        converted: the architectures in the order of the benchmark's index.
        architectures: number of architectures in `converted`.
        out: the table's file.
        progress: called after each architecture.

    Returns:
        The card of the table.

    Raises:
        UserError: accuracies are missing or not whole numbers of images, or the disk is full.
    """
    with CurveShards(out) as shards:
        columns = _gather(converted, architectures, shards, progress)
        _round_accuracies(columns, source)
        _check_complete(columns, architectures, source)
        card = Card(
            name=run_set.name,
            version=source.name,
            description=run_set.description,
            space="nas-bench-201",
            architectures=architectures,
            evaluations=EVALUATIONS,
            sources=[{"file": source.name, "sha256": _sha256(hashes), "origin": run_set.origin}],
            notes=[_trainings_note(columns), *_NOTES],
        )
        return table.write_table(out, card, columns, shards.read())


def _gather(
    converted: Iterable[Converted], architectures: int, shards: CurveShards, progress: Progress
) -> dict[str, np.ndarray]:
    columns: dict[str, np.ndarray] = {}
    for index, architecture in enumerate(converted):
        for name, value in architecture.values.items():
            if name not in columns:
                columns[name] = np.full(architectures, np.nan)
            columns[name][index] = value
        shards.add(architecture.curves)
        progress(index + 1, architectures)
    return {name: columns[name] for name in sorted(columns) if not np.isnan(columns[name]).all()}


def _round_accuracies(columns: dict[str, np.ndarray], source: Path) -> None:
    for name, values in columns.items():
        dataset, split, _, _, metric = name.split("/")
        # A training accuracy is a mean over an epoch in which the network changes, so it is not a
        # whole number of images.
        if metric == "accuracy" and split != "train":
            columns[name] = whole_images(values, IMAGES[dataset, split], str(source))


def _check_complete(columns: Mapping[str, np.ndarray], architectures: int, source: Path) -> None:
    for evaluation in EVALUATIONS.values():
        for query in evaluation.queries:
            missing = architectures - np.count_nonzero(_trainings(columns, query))
            if missing:
                raise UserError(
                    f"{source} lacks the accuracy {query} for {missing:,} of {architectures:,} "
                    "architectures, so it is not the expected table. Download it again from its "
                    "publisher."
                )


def _trainings(columns: Mapping[str, np.ndarray], query: Query) -> np.ndarray:
    """Count the training seeds with that accuracy, shape (architectures,); 0 without a column."""
    prefix = f"{query.dataset}/{query.split}/{query.epochs}/"
    known = [
        ~np.isnan(values)
        for name, values in columns.items()
        if name.startswith(prefix) and name.endswith("/accuracy")
    ]
    return np.sum(known, axis=0)


def _trainings_note(columns: Mapping[str, np.ndarray]) -> str:
    query = EVALUATIONS["cifar10"].queries[0]
    counts, architectures = np.unique(_trainings(columns, query), return_counts=True)
    listed = ", ".join(
        f"{seeds} for {each:,}" for seeds, each in zip(counts, architectures, strict=True)
    )
    return (
        f"Trainings of {query.epochs} epochs by number of architectures: {listed} (counted on "
        f"{query.dataset}). The means of other versions of the benchmark differ."
    )


def _sha256(hashes: Sequence[str]) -> str:
    if len(hashes) == 1:
        return hashes[0]
    return hashlib.sha256("\n".join(sorted(hashes)).encode()).hexdigest()
