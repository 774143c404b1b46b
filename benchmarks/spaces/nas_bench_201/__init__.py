"""The NAS-Bench-201 search space (Dong and Yang, ICLR 2020)."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from benchmarks.datasets import Dataset
from benchmarks.datasets import dataset as dataset_named
from benchmarks.errors import UserError
from benchmarks.spaces import cell_facts
from benchmarks.spaces.cell_space import CellSpace
from benchmarks.spaces.cell_type import Cell, CellType
from benchmarks.spaces.nas_bench_201 import cost, sharing, topology
from benchmarks.spaces.nas_bench_201.architecture import (
    CELL,
    SIZE,
    Architecture,
    index_in,
    operations_by_index,
)
from benchmarks.spaces.nas_bench_201.settings import SupernetSettings
from benchmarks.spaces.supernet_settings import SupernetVariant

if TYPE_CHECKING:
    import torch

    from benchmarks.spaces.nas_bench_201.network import Network
    from benchmarks.spaces.nas_bench_201.supernet import Supernet


class NasBench201(CellSpace):
    """A `TabulatedSpace` with one cell of six edges and five operations each."""

    name = "nas-bench-201"
    version = "1"
    size = SIZE
    cell_types: Mapping[str, CellType] = MappingProxyType({CELL.name: CELL})
    weightless = frozenset({"none", "skip_connect", "avg_pool_3x3"})
    SupernetSettings = SupernetSettings
    network_sizes: Mapping[str, Mapping[str, int]] = MappingProxyType(
        {"tiny": {"channels": 8, "cells_per_stage": 1}}
    )
    networks_stack = True

    def build(self, cells: Mapping[str, Cell]) -> Architecture:
        """Return the architecture with this cell."""
        return Architecture(tuple(operation for _, _, operation in cells[CELL.name]))

    def chosen(self, architecture: Architecture) -> Mapping[str, Cell]:
        """Return the cell's six edges."""
        return {CELL.name: architecture.cell}

    @property
    def accepted_text(self) -> str:
        """An index or the benchmark's string."""
        return f"an index from 0 to {SIZE - 1}, or {super().accepted_text}"

    def parse(self, text: str) -> Architecture:
        """Read the benchmark's string or index; UserError if it is neither."""
        index = index_in(text)
        return super().parse(text) if index is None else Architecture.from_index(index)

    def index(self, architecture: Architecture) -> int:
        """Return the benchmark's index, 0 to 15,624."""
        return architecture.index

    def architecture(self, index: int) -> Architecture:
        """Return the architecture with the benchmark's index; UserError if it is out of range."""
        return Architecture.from_index(index)

    def canonical(self, architecture: Architecture) -> Architecture:
        """Return the isomorphic architecture of lowest index; 6,466 of them are distinct."""
        return topology.canonical(architecture)

    def is_connected(self, architecture: Architecture) -> bool:
        """Return whether the cell's output depends on its input."""
        return cell_facts.is_connected(architecture.cell, CELL)

    def training_shares(self) -> tuple[int, ...]:
        """Return, by index, the architecture whose training each shares; 4,930 are distinct."""
        return sharing.representatives()

    def near_shares(self) -> tuple[int, ...]:
        """Return the 2,140 indices that convolve a zero node, which is treated as `none`."""
        by_index = enumerate(operations_by_index())
        return tuple(index for index, each in by_index if sharing.convolves_zero(each))

    def supernet(
        self, dataset: Dataset, settings: Any, variant: SupernetVariant, rng: "torch.Generator"
    ) -> "Supernet":
        """Build the supernet, by default of 15 cells; see `Supernet`."""
        from benchmarks.spaces.nas_bench_201.supernet import Supernet

        _check_side(dataset)
        return Supernet(dataset, settings, variant, rng)

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


def _check_side(dataset: Dataset) -> None:
    """Raise `UserError` for images whose side two strides of 2 do not divide."""
    if dataset.side % 4:
        raise UserError(
            f"Images of {dataset.name} have a side of {dataset.side} pixels; nas-bench-201 halves "
            "it twice, so it must be a multiple of 4."
        )


NAS_BENCH_201 = NasBench201()
