"""The NAS-Bench-201 search space (Dong and Yang, ICLR 2020)."""

from collections import Counter
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.datasets import dataset as dataset_named
from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201 import cost, sharing, topology
from benchmarks.spaces.nas_bench_201.architecture import (
    EDGES,
    OPERATIONS,
    SIZE,
    Architecture,
    operations_by_index,
    parse,
)
from benchmarks.spaces.space import Edge
from benchmarks.spaces.supernet_options import SupernetOptions

if TYPE_CHECKING:
    import torch

    from benchmarks.spaces.nas_bench_201.network import Network
    from benchmarks.spaces.nas_bench_201.supernet import Supernet


class NasBench201:
    """A `TabulatedSpace` with one cell of six edges and five operations each."""

    name = "nas-bench-201"
    version = "1"
    size = SIZE
    cell_types: tuple[str, ...] = ("cell",)
    borrows_protocols_of: str | None = None

    def edges(self, cell_type: str) -> tuple[Edge, ...]:
        """Return the six edges in the order of alpha's rows, each with all five operations."""
        return tuple(Edge(source, target, OPERATIONS) for source, target in EDGES)

    def parse(self, text: str) -> Architecture:
        """Read the benchmark's string or index; UserError if it is neither."""
        return parse(text)

    def index(self, architecture: Architecture) -> int:
        """Return the benchmark's index, 0 to 15,624."""
        return architecture.index

    def architecture(self, index: int) -> Architecture:
        """Return the architecture with the benchmark's index; UserError if it is out of range."""
        return Architecture.from_index(index)

    def sample(self, rng: np.random.Generator) -> Architecture:
        """Draw each edge's operation uniformly, including `none` and disconnected cells."""
        return Architecture(tuple(OPERATIONS[i] for i in rng.integers(len(OPERATIONS), size=6)))

    def canonical(self, architecture: Architecture) -> Architecture:
        """Return the isomorphic architecture of lowest index; 6,466 of them are distinct."""
        return topology.canonical(architecture)

    def is_connected(self, architecture: Architecture) -> bool:
        """Return whether the cell's output depends on its input."""
        return topology.is_connected(architecture.operations)

    def training_shares(self) -> tuple[int, ...]:
        """Return, by index, the architecture whose training each shares; 4,930 are distinct."""
        return sharing.representatives()

    def near_shares(self) -> tuple[int, ...]:
        """Return the 2,140 indices that convolve a zero node, which is treated as `none`."""
        by_index = enumerate(operations_by_index())
        return tuple(index for index, each in by_index if sharing.convolves_zero(each))

    def derive(self, scores: Mapping[str, np.ndarray]) -> Architecture:
        """Take the best operation of every edge, including `none`; the first among equals.

        AutoDL-Projects @ f46486e, xautodl/models/cell_searchs/search_model_darts.py, `genotype`.
        """
        best = scores["cell"].argmax(axis=1)
        return Architecture(tuple(OPERATIONS[column] for column in best))

    def counts(self, architecture: Architecture) -> dict[str, int]:
        """Count the edges with each operation."""
        counted = Counter(architecture.operations)
        return {operation: counted[operation] for operation in OPERATIONS}

    def is_collapsed(self, architecture: Architecture) -> bool:
        """Return whether no path from the cell's input to its output has a convolution."""
        return not topology.learns(architecture.operations)

    def supernet(
        self, dataset: Dataset, options: SupernetOptions, rng: "torch.Generator"
    ) -> "Supernet":
        """Build the supernet, by default of 15 cells; see `Supernet`."""
        from benchmarks.spaces.nas_bench_201.supernet import Supernet

        _check_side(dataset)
        return Supernet(dataset, options, rng)

    def network(
        self, architecture: Architecture, dataset: Dataset, rng: "torch.Generator", **network: int
    ) -> "Network":
        """Build the stand-alone network, by default in the published size; see `Network`."""
        from benchmarks.spaces.nas_bench_201.network import Network

        _check_side(dataset)
        return Network(architecture, dataset, rng, **network)

    def parameters(self, architecture: Architecture, dataset: str, **network: int) -> int:
        """Return the number of trainable parameters; `network` as for `cost.parameters`."""
        return cost.parameters(architecture.operations, dataset_named(dataset), **network)

    def macs(self, architecture: Architecture, dataset: str, **network: int) -> int:
        """Return the multiply-accumulates of convolutions and classifier for one image."""
        return cost.macs(architecture.operations, dataset_named(dataset), **network)

    def draw(self, architecture: Architecture) -> str:
        """Draw every node with its outgoing edges, except those with `none`."""
        names = {0: "0 (input)", 1: "1", 2: "2", 3: "3 (output)"}
        lines = []
        for node in (0, 1, 2):
            leaving = [
                (target, operation)
                for (source, target), operation in zip(EDGES, architecture.operations, strict=True)
                if source == node and operation != "none"
            ]
            lines.append(names[node])
            for position, (target, operation) in enumerate(leaving, start=1):
                branch = "└" if position == len(leaving) else "├"
                lines.append(f" {branch}─ {operation + ' ':─<13}─▶ {names[target]}")
        return "\n".join(lines)


def _check_side(dataset: Dataset) -> None:
    """Raise `UserError` for images whose side two strides of 2 do not divide."""
    if dataset.side % 4:
        raise UserError(
            f"Images of {dataset.name} have a side of {dataset.side} pixels; nas-bench-201 halves "
            "it twice, so it must be a multiple of 4."
        )


NAS_BENCH_201 = NasBench201()
