"""Stages of a search: what it continues with when a method changes space or supernet midway."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from benchmarks.spaces.space import SearchSpace


@dataclass(frozen=True)
class Stage:
    """The operations that are still searched, and a new supernet if there is one.

    P-DARTS (Chen, Xie, Wu and Tian, ICCV 2019) and DrNAS (Chen et al., ICLR 2021) search in stages.
    """

    active: Mapping[str, np.ndarray]
    """By cell type, booleans of shape (edges, operations)."""
    supernet: Mapping[str, Any] = field(default_factory=dict)
    """Settings of the space's supernet that change; those that an earlier stage changed stay. If
    there are any, a supernet with new weights takes the place of the old one; otherwise the weights
    stay."""

    def state(self) -> dict[str, Any]:
        """Return what to save."""
        active = {each: mask.tolist() for each, mask in self.active.items()}
        return {"active": active, "supernet": dict(self.supernet)}


def first_stage(space: SearchSpace) -> Stage:
    """Return the stage in which all operations are active."""
    return Stage({name: np.ones(each.shape, bool) for name, each in space.cell_types.items()})


def restored_stage(state: Mapping[str, Any]) -> Stage:
    """Return the stage of what `Stage.state` returned."""
    active = {each: np.array(mask, bool) for each, mask in state["active"].items()}
    return Stage(active, state["supernet"])


def check_stage(stage: Stage, space: SearchSpace) -> None:
    """Raise `ValueError` for a stage that does not fit the space."""
    if list(stage.active) != list(space.cell_types):
        raise ValueError(f"a stage names the cell types {', '.join(space.cell_types)}")
    for name, cell_type in space.cell_types.items():
        mask = stage.active[name]
        if mask.shape != cell_type.shape:
            raise ValueError(f"{name} has {mask.shape} operations instead of {cell_type.shape}")
        if not all(mask[row, list(columns)].any() for row, columns in enumerate(cell_type.allowed)):
            raise ValueError(f"an edge of {name} has no operation left that a cell may have")
    known = {each.name for each in fields(space.SupernetSettings)} if stage.supernet else set()
    if stage.supernet.keys() - known:
        raise ValueError(f"settings of the supernet are {', '.join(sorted(known))}")
