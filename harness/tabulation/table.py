"""The table made of finished trainings."""

from pathlib import Path

import numpy as np

from benchmarks.datasets.image_file import SplitImages, images_of
from benchmarks.files.atomic import write_bytes
from benchmarks.spaces import SPACES
from benchmarks.tables import table as tables
from benchmarks.tables.query import Query
from benchmarks.tables.table import Card, Evaluation
from benchmarks.training.protocol import evaluations_per_image
from harness.planning.recipe import Recipe
from harness.tabulation.card import describe_table
from harness.tabulation.measurements import Timings, Trainings
from harness.tabulation.topologies import topologies
from harness.trials.provenance import commit


def write_tabulated_table(
    out: Path,
    recipe: Recipe,
    *,
    trained: Trainings,
    timed: Timings,
    unshared: Trainings,
    command: str,
) -> Card:
    """Write the table and its page.

    Args:
        out: file of the table, which is named after it.
        recipe: what was tabulated.
        trained: the training of every connected topology, in the order of topologies.
        timed: what each of them costs.
        unshared: trainings of some architectures that share another one's.
        command: origin stated on the card.

    Raises:
        UserError: the file cannot be written.
    """
    dataset, protocol = recipe.dataset.name, recipe.protocol
    space, images = recipe.space, images_of(recipe.dataset)
    columns, curves = _accuracies(recipe, images, trained)
    columns |= _seconds(recipe, timed)
    early, near = protocol.early_epochs, topologies(space).nearly_shared
    card = Card(
        name=out.stem,
        version=f"{protocol.name}, seeds {','.join(map(str, recipe.seeds))}",
        description=f"trained here on {dataset} by protocol {protocol.name}",
        space=space,
        architectures=len(topologies(space).sharing),
        evaluations={
            dataset: Evaluation(
                valid=Query(dataset, "valid", protocol.epochs, None),
                test=Query(dataset, "test", protocol.epochs, None),
            )
        },
        network=recipe.network,
        sources=[
            {
                "file": f"{dataset}.npz",
                "sha256": images.sha256,
                "noise": f"{recipe.dataset.noise:g}",
                "space": f"{space} {SPACES[space].version}",
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
        recipe,
        trained,
        timed,
        unshared if near else None,
        test_images=len(images.splits["test"]),
        command=command,
    )
    write_bytes(out.with_suffix(".md"), page.encode())
    return card


def _accuracies(
    recipe: Recipe, images: SplitImages, trained: Trainings
) -> tuple[dict[str, np.ndarray], dict[str, list]]:
    """Columns of accuracies in percent, and the curves, by name."""
    shares, protocol = images.majority_shares(), recipe.protocol
    space = topologies(recipe.space)
    rows = space.rows(trained.index)

    def percent(split: str, counts: np.ndarray) -> np.ndarray:
        evaluated = len(images.splits[split]) * evaluations_per_image(split, recipe.dataset.noise)
        values = np.full((len(space.sharing), *counts.shape[1:]), shares[split])
        values[space.is_trained] = 100 * counts[rows] / evaluated
        return values

    columns, curves = {}, {}
    for place, seed in enumerate(recipe.seeds):
        curve = percent("valid", trained.valid[:, place])
        for epochs in (protocol.early_epochs, protocol.epochs):
            name = f"{recipe.dataset.name}/valid/{epochs}/{seed}/accuracy"
            columns[name] = np.ascontiguousarray(curve[:, epochs - 1])
        final = f"{recipe.dataset.name}/{{}}/{protocol.epochs}/{seed}/{{}}"
        columns[final.format("test", "accuracy")] = percent("test", trained.test[:, place])
        curves[final.format("valid", "accuracy-curve")] = list(curve)
    return columns, curves


def _seconds(recipe: Recipe, timed: Timings) -> dict[str, np.ndarray]:
    """Columns of seconds by name."""
    space = topologies(recipe.space)
    rows = space.rows(timed.index)

    def of_all(seconds: np.ndarray) -> np.ndarray:
        # A disconnected one would be trained as long as the quickest that is connected.
        values = np.full(len(space.sharing), float(seconds.min()))
        values[space.is_trained] = seconds[rows]
        return values

    columns = {}
    for epochs in (recipe.protocol.early_epochs, recipe.protocol.epochs):
        columns[f"{recipe.dataset.name}/train/{epochs}/mean/seconds"] = of_all(timed.epoch * epochs)
        columns[f"{recipe.dataset.name}/valid/{epochs}/mean/seconds"] = of_all(timed.validation)
    return columns
