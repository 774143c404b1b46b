"""The table made of finished trainings."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.datasets.image_file import SplitImages
from benchmarks.errors import UserError
from benchmarks.files.atomic import write_bytes
from benchmarks.tables import table as tables
from benchmarks.tables.query import Query
from benchmarks.tables.table import Card, Evaluation
from benchmarks.training.protocol import evaluations_per_image
from harness.tabulation.card import describe_table
from harness.tabulation.shards import (
    Content,
    Tabulation,
    Timings,
    Trainings,
    Unshared,
    join_shards,
)
from harness.tabulation.topologies import topologies
from harness.trials.provenance import commit


def write_tabulated_table(
    out: Path,
    tabulation: Tabulation,
    images: SplitImages,
    *,
    trainings: Mapping[int, Trainings],
    timings: Mapping[int, Timings],
    unshared: Mapping[int, Unshared],
    command: str,
) -> Card:
    """Write the table and its page, or report how much of it is missing.

    Args:
        out: file of the table, which is named after it.
        tabulation: what was tabulated.
        images: what it was tabulated on.
        trainings: by shard.
        timings: by shard.
        unshared: by shard.
        command: origin stated on the card.

    Raises:
        UserError: a topology is not trained or not timed, or the file cannot be written.
    """
    dataset, protocol = tabulation.dataset, tabulation.protocol
    space = tabulation.space
    trained, timed = _of_all(space, trainings, "trained"), _of_all(space, timings, "timed")
    columns, curves = _accuracies(tabulation, images, trained)
    columns |= _seconds(tabulation, timed)
    early, near = protocol.early_epochs, topologies(space).nearly_shared
    card = Card(
        name=out.stem,
        version=f"{protocol.name}, seeds {','.join(map(str, tabulation.seeds))}",
        description=f"trained here on {dataset} by protocol {protocol.name}",
        space=space,
        architectures=len(topologies(space).sharing),
        evaluations={
            dataset: Evaluation(
                valid=Query(dataset, "valid", protocol.epochs, None),
                test=Query(dataset, "test", protocol.epochs, None),
            )
        },
        network={"channels": protocol.channels, "cells_per_stage": protocol.cells_per_stage},
        sources=[
            {
                "file": f"{dataset}.npz",
                "sha256": tabulation.dataset_sha256,
                "noise": f"{tabulation.noise:g}",
                "space": f"{space} {tabulation.space_version}",
                "origin": f"{command}, commit {commit()}",
            }
        ],
        notes=[
            "Architectures that are the same network share one training"
            + (
                "; so do some that differ in a constant: the table's page says more."
                if near
                else "."
            ),
            "A disconnected architecture has the share of the training part's majority class.",
            f"Validation accuracy after {early} epochs is a point on the curve of the same "
            f"training of {protocol.epochs}.",
            "Seconds are of one processor that trains one network and does nothing else.",
        ],
    )
    card = tables.write_table(out, card, columns, [curves])
    page = describe_table(
        tables.read_table(out),
        tabulation,
        trained,
        timed,
        join_shards(unshared) if near else None,
        test_images=len(images.splits["test"]),
        command=command,
    )
    write_bytes(out.with_suffix(".md"), page.encode())
    return card


def _of_all(space: str, shards: Mapping[int, Content], done: str) -> Content:
    """All shards as one, in the order of topologies; UserError where one is missing."""
    found = join_shards(shards) if shards else None
    missing = len(topologies(space).order) - (len(found.index) if found else 0)
    if found is None or missing:
        raise UserError(
            f"{missing:,} topologies are not {done} yet, so there is no table; "
            "run `python -m harness tabulate` with the same options again."
        )
    return found


def _accuracies(
    tabulation: Tabulation, images: SplitImages, trained: Trainings
) -> tuple[dict[str, np.ndarray], dict[str, list]]:
    """Columns of accuracies in percent, and the curves, by name."""
    shares, protocol = images.majority_shares(), tabulation.protocol
    space = topologies(tabulation.space)
    rows = space.rows(trained.index)

    def percent(split: str, counts: np.ndarray) -> np.ndarray:
        evaluated = len(images.splits[split]) * evaluations_per_image(split, tabulation.noise)
        values = np.full((len(space.sharing), *counts.shape[1:]), shares[split])
        values[space.is_trained] = 100 * counts[rows] / evaluated
        return values

    columns, curves = {}, {}
    for place, seed in enumerate(tabulation.seeds):
        curve = percent("valid", trained.valid[:, place])
        for epochs in (protocol.early_epochs, protocol.epochs):
            name = f"{tabulation.dataset}/valid/{epochs}/{seed}/accuracy"
            columns[name] = np.ascontiguousarray(curve[:, epochs - 1])
        final = f"{tabulation.dataset}/{{}}/{protocol.epochs}/{seed}/{{}}"
        columns[final.format("test", "accuracy")] = percent("test", trained.test[:, place])
        curves[final.format("valid", "accuracy-curve")] = list(curve)
    return columns, curves


def _seconds(tabulation: Tabulation, timed: Timings) -> dict[str, np.ndarray]:
    """Columns of seconds by name."""
    space = topologies(tabulation.space)
    rows = space.rows(timed.index)

    def of_all(seconds: np.ndarray) -> np.ndarray:
        # A disconnected one would be trained as long as the quickest that is connected.
        values = np.full(len(space.sharing), float(seconds.min()))
        values[space.is_trained] = seconds[rows]
        return values

    columns = {}
    for epochs in (tabulation.protocol.early_epochs, tabulation.protocol.epochs):
        columns[f"{tabulation.dataset}/train/{epochs}/mean/seconds"] = of_all(timed.epoch * epochs)
        columns[f"{tabulation.dataset}/valid/{epochs}/mean/seconds"] = of_all(timed.validation)
    return columns
