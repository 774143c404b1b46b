"""Spaces of cells: what follows from their cell types, once for all of them.

A space adds its name, its cell types and its networks.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

import numpy as np

from benchmarks.datasets import dataset as dataset_named
from benchmarks.errors import UserError
from benchmarks.spaces import cell_facts
from benchmarks.spaces.cell_text import draw_cell, has_form, read_cell, write_cell
from benchmarks.spaces.cell_type import Cell, CellType
from benchmarks.spaces.objective import Classification, Objective

_SHOWN = 120  # characters of an invalid text in a message


@dataclass(frozen=True, slots=True)
class CellArchitecture:
    """An architecture: a cell of each type, in the space's order."""

    cells: tuple[tuple[str, Cell], ...]

    def __str__(self) -> str:
        """Return `NAME=CELL;NAME=CELL`, or only the cell where there is one type."""
        if len(self.cells) == 1:
            return write_cell(self.cells[0][1])
        return ";".join(f"{name}={write_cell(cell)}" for name, cell in self.cells)


class CellSpace:
    """The members of `SearchSpace` that follow from cell types; a base class of spaces."""

    name: str
    cell_types: Mapping[str, CellType]
    weightless: frozenset[str]
    """The operations without weights, `none` among them."""
    objective: Objective = Classification()
    borrows_protocols_of: str | None = None
    SupernetSettings: Any = None
    supernet: Any = None
    network: Any = None
    network_sizes: Mapping[str, Mapping[str, int]] = MappingProxyType({})
    networks_stack = False

    def build(self, cells: Mapping[str, Cell]) -> Any:
        """Return the architecture with these cells, by cell type."""
        return CellArchitecture(tuple((name, cells[name]) for name in self.cell_types))

    def chosen(self, architecture: Any) -> Mapping[str, Cell]:
        """Return an architecture's edges by cell type, each (source, target, operation)."""
        return dict(architecture.cells)

    @property
    def accepted_text(self) -> str:
        """What `parse` reads, in words with an example."""
        return f"a text such as '{self.sample(np.random.default_rng(0))}'"

    def parse(self, text: str) -> Any:
        """Read an architecture; UserError if the text is not one of this space."""
        text = text.strip()
        named = [(name, text) for name in self.cell_types]
        if len(named) > 1:
            parts = (each.partition("=") for each in text.split(";"))
            named = [(name, cell) for name, _, cell in parts]
        cells = dict(named)
        if [name for name, _ in named] != list(self.cell_types) or not all(
            has_form(cells[name], each) for name, each in self.cell_types.items()
        ):
            raise UserError(
                f"'{text[:_SHOWN]}' is not an architecture of {self.name}. "
                f"Give {self.accepted_text}."
            )
        return self.build(
            {name: read_cell(cells[name], each) for name, each in self.cell_types.items()}
        )

    def sample(self, rng: np.random.Generator) -> Any:
        """Draw an architecture uniformly."""
        return self.build({name: each.sample(rng) for name, each in self.cell_types.items()})

    def derive(self, scores: Mapping[str, np.ndarray]) -> Any:
        """Derive the architecture from scores by cell type; see `CellType.derive`."""
        return self.build(
            {name: each.derive(scores[name]) for name, each in self.cell_types.items()}
        )

    def canonical(self, architecture: Any) -> Any:
        """Return the architecture itself: no two are known to compute the same function."""
        return architecture

    def neighbours(self, architecture: Any) -> Iterator[Any]:
        """Yield the architectures that differ in one edge of one cell."""
        cells = self.chosen(architecture)
        for name, cell_type in self.cell_types.items():
            for cell in cell_type.neighbours(cells[name]):
                yield self.build({**cells, name: cell})

    def mutate(self, architecture: Any, rng: np.random.Generator) -> Any:
        """Draw one of the neighbours uniformly."""
        neighbours = list(self.neighbours(architecture))
        return neighbours[int(rng.integers(len(neighbours)))]

    def counts(self, architecture: Any) -> dict[str, int]:
        """Count the edges with each operation, over all cell types."""
        counted = {each: 0 for kind in self.cell_types.values() for each in kind.operations}
        for cell in self.chosen(architecture).values():
            for _, _, operation in cell:
                counted[operation] += 1
        return counted

    def is_collapsed(self, architecture: Any) -> bool:
        """Return whether no cell has a path from input to output with weights on it."""
        cells = self.chosen(architecture)
        return not any(
            cell_facts.learns(cells[name], each, self.weightless)
            for name, each in self.cell_types.items()
        )

    def draw(self, architecture: Any) -> str:
        """Draw the cells in plain text."""
        cells = self.chosen(architecture)
        drawings = {name: draw_cell(cells[name], each) for name, each in self.cell_types.items()}
        if len(drawings) == 1:
            return next(iter(drawings.values()))
        return "\n\n".join(f"{name}\n{drawing}" for name, drawing in drawings.items())

    def parameters(self, architecture: Any, dataset: str, **network: Any) -> int:
        """Return the number of trainable parameters of the stand-alone network, by building it."""
        built = self._network(architecture, dataset, network)
        return sum(each.numel() for each in built.parameters() if each.requires_grad)

    def macs(self, architecture: Any, dataset: str, **network: Any) -> int:
        """Return the multiply-accumulates of convolutions and matrix products for one image."""
        import torch
        from torch.utils.flop_counter import FlopCounterMode

        built, side = (
            self._network(architecture, dataset, network).eval(),
            dataset_named(dataset).side,
        )
        counter = FlopCounterMode(display=False)
        with torch.no_grad(), counter:
            built(torch.zeros(1, 3, side, side))
        return counter.get_total_flops() // 2

    def _network(self, architecture: Any, dataset: str, network: Mapping[str, Any]) -> Any:
        import torch

        return self.network(architecture, dataset_named(dataset), torch.Generator(), **network)
