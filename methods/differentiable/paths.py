"""Paths through a supernet: one operation on each edge, as methods that sample have them."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.space import SearchSpace

if TYPE_CHECKING:
    import torch

    from methods.differentiable.state import SearchState

Path = dict[str, list[int]]
"""The column of the operation on each edge, by cell type."""


def drawn(space: SearchSpace, rng: torch.Generator, *, feeds_nodes: bool = False) -> Path:
    """A uniform operation for each edge; if asked, such that no node gets nothing but `none`."""
    import torch

    path: Path = {}
    for cell_type in space.cell_types:
        path[cell_type] = []
        for _, edges in groupby(space.edges(cell_type), lambda edge: edge.target):
            choices = [edge.operations for edge in edges]
            while True:
                columns = [int(torch.randint(len(each), (), generator=rng)) for each in choices]
                operations = {each[one] for each, one in zip(choices, columns, strict=True)}
                if not feeds_nodes or operations != {"none"}:
                    break
            path[cell_type] += columns
    return path


def architecture(space: SearchSpace, path: Path) -> Any:
    """The architecture that has the path's operations."""
    return space.derive({each: _one_hot(space, each, path[each]) for each in path})


def along(search: SearchState, columns: Mapping[str, Any]) -> Mixture:
    """The mixture that computes a path, columns (edges,), or one for each cell, (cells, edges)."""
    import torch

    task = search.task
    active = {each: _one_hot(task.space, each, found) for each, found in columns.items()}
    return Mixture(
        weights={
            each: torch.from_numpy(chosen).to(task.device, task.dtype)
            for each, chosen in active.items()
        },
        active=active,
    )


def _one_hot(space: SearchSpace, cell_type: str, columns: Any) -> np.ndarray:
    """True for the operation of each edge; columns (..., edges), found (..., edges, operations)."""
    return np.eye(len(space.edges(cell_type)[0].operations), dtype=bool)[np.array(columns)]
