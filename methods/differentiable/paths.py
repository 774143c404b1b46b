"""Paths through a supernet: what is computed of it when only one architecture's operations are."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.spaces.cell_facts import NONE
from benchmarks.spaces.cell_type import CellType
from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.space import SearchSpace

if TYPE_CHECKING:
    import torch

    from methods.differentiable.state import SearchState

Path = Mapping[str, np.ndarray]
"""By cell type, booleans of shape (edges, operations): one operation on each edge that is kept; or
of shape (cells, edges, operations), a path for each cell of the network."""


def drawn(space: SearchSpace, rng: torch.Generator, *, feeds_nodes: bool = False) -> Path:
    """Draw an architecture uniformly; if asked, one in which no node gets nothing but `none`."""
    return {
        name: _drawn_cell(cell_type, rng, feeds_nodes)
        for name, cell_type in space.cell_types.items()
    }


def drawn_by_cell(space: SearchSpace, rng: torch.Generator, cells: int) -> Path:
    """Draw a path for each cell, no node of which gets nothing but `none`."""
    found = [drawn(space, rng, feeds_nodes=True) for _ in range(cells)]
    return {each: np.stack([one[each] for one in found]) for each in found[0]}


def architecture(space: SearchSpace, path: Path) -> Any:
    """Return the architecture that has the path's operations."""
    return space.derive({each: np.where(mask, 1.0, -np.inf) for each, mask in path.items()})


def architectures(space: SearchSpace) -> int:
    """Return the number of architectures that can be drawn."""
    return math.prod(each.size for each in space.cell_types.values())


def along(search: SearchState, path: Path) -> Mixture:
    """Return the mixture that computes a path."""
    import torch

    task = search.task
    return Mixture(
        weights={
            each: torch.from_numpy(mask).to(task.device, task.dtype) for each, mask in path.items()
        },
        active=path,
    )


def _drawn_cell(cell_type: CellType, rng: torch.Generator, feeds_nodes: bool) -> np.ndarray:
    mask = np.zeros(cell_type.shape, bool)
    for entering in cell_type.rows_into.values():
        while True:
            rows = _kept(cell_type, entering, rng)
            columns = [_choice(cell_type.allowed[row], rng) for row in rows]
            operations = {
                cell_type.edges[row].operations[column]
                for row, column in zip(rows, columns, strict=True)
            }
            if not feeds_nodes or operations != {NONE}:
                break
        mask[rows, columns] = True
    return mask


def _kept(cell_type: CellType, rows: tuple[int, ...], rng: torch.Generator) -> list[int]:
    """Draw which of the edges that enter a node are kept."""
    import torch

    if cell_type.keep is None:
        return list(rows)
    return [rows[place] for place in torch.randperm(len(rows), generator=rng)[: cell_type.keep]]


def _choice(columns: tuple[int, ...], rng: torch.Generator) -> int:
    import torch

    return columns[int(torch.randint(len(columns), (), generator=rng))]
