"""The table that finished trainings make up."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from benchmarks.datasets.parts import DividedImages
from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201.architecture import SIZE
from benchmarks.spaces.nas_bench_201.sharing import representatives
from benchmarks.spaces.nas_bench_201.topology import is_connected
from benchmarks.truth import table as tables
from benchmarks.truth.query import Query
from benchmarks.truth.table import Card, Evaluation
from harness.tabulation_shards import Tabulation, Trainings, joined
from harness.version import commit


def finish(
    out: Path,
    tabulation: Tabulation,
    images: DividedImages,
    shards: Mapping[int, Trainings],
    command: str,
) -> Card:
    """Write the table, or say how much of it is missing.

    Raises:
        UserError: a topology is not trained, or the file cannot be written.
    """
    columns, curves = _columns(tabulation, images, joined(shards) if shards else None)
    dataset, epochs = tabulation.dataset, tabulation.protocol.epochs
    card = Card(
        name=dataset,
        version=f"{tabulation.protocol.name}, seeds {','.join(map(str, tabulation.seeds))}",
        description=f"trained here on {dataset} by protocol {tabulation.protocol.name}",
        space=tabulation.space,
        architectures=SIZE,
        evaluations={
            dataset: Evaluation(
                valid=Query(dataset, "valid", epochs, None),
                test=Query(dataset, "test", epochs, None),
            )
        },
        sources=[
            {
                "file": f"{dataset}.npz",
                "sha256": tabulation.dataset_sha256,
                "origin": f"{command}, commit {commit()}",
            }
        ],
        notes=[
            "Isomorphic architectures share one training; so do those that differ in convolutions "
            "of a zero node, which count as none.",
            "A disconnected architecture has the share of the training part's majority class.",
            "Seconds are of a CPU that computes all seeds of a topology at once, an equal share.",
        ],
    )
    return tables.write(out, card, columns, [curves])


def _columns(
    tabulation: Tabulation, images: DividedImages, trained: Trainings | None
) -> tuple[dict[str, np.ndarray], dict[str, list]]:
    """Accuracies in percent and seconds by column name, and the curves."""
    from benchmarks.spaces.nas_bench_201.architecture import operations_by_index

    row = {int(index): place for place, index in enumerate(trained.index)} if trained else {}
    is_trained = np.array([is_connected(each) for each in operations_by_index()])
    sharing = np.array(representatives())
    missing = set(sharing[is_trained].tolist()) - set(row)
    if trained is None or missing:
        raise UserError(
            f"{len(missing):,} topologies are not trained yet, so there is no table; "
            "run `python -m harness tabulate` with the same options again."
        )
    rows = np.array([row[index] for index in sharing[is_trained]])
    shares, epochs = images.majority_shares(), tabulation.protocol.epochs
    columns, curves = {}, {}
    for place, seed in enumerate(tabulation.seeds):
        prefix = f"{tabulation.dataset}/{{}}/{epochs}/{seed}/{{}}"
        for split, counts in (
            ("valid", trained.valid[:, place, -1]),
            ("test", trained.test[:, place]),
        ):
            values = np.full(SIZE, shares[split])
            values[is_trained] = 100 * counts[rows] / len(images.parts[split])
            columns[prefix.format(split, "accuracy")] = values
        curve = np.full((SIZE, epochs), shares["valid"])
        curve[is_trained] = 100 * trained.valid[rows, place] / len(images.parts["valid"])
        curves[prefix.format("valid", "accuracy-curve")] = list(curve)
    # A disconnected one would be trained as long as the quickest that is connected.
    seconds = np.full(SIZE, float(trained.seconds.min()))
    seconds[is_trained] = trained.seconds[rows]
    columns[f"{tabulation.dataset}/train/{epochs}/mean/seconds"] = seconds
    return columns, curves
