"""Partial channel connections and edge normalisation: what PC-DARTS adds to DARTS.

Paper: Xu, Xie, Zhang, Chen, Qi, Tian and Xiong, "PC-DARTS: Partial Channel Connections for
Memory-Efficient Architecture Search", ICLR 2020.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from benchmarks.random_numbers import normal
from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.space import SearchSpace
from benchmarks.spaces.supernet_settings import SupernetVariant
from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import BilevelSettings

if TYPE_CHECKING:
    from collections.abc import Sequence

    import torch
    from torch import Tensor

    from methods.differentiable.state import SearchState


@dataclass(frozen=True, kw_only=True)
class PartialChannelSettings(BilevelSettings):
    """K, the edges' factors, and how long alpha waits."""

    partial: int
    """K: one channel in K goes through the operations."""
    beta_init_scale: float
    """Standard deviation of beta at the start."""
    warmup_fraction: float
    """The share of the epochs before alpha and beta take their first step."""

    def __post_init__(self) -> None:
        super().__post_init__()
        whole: Any = self  # the settings of the space's supernet are among them
        channels = whole.channels
        if self.partial < 1 or channels % self.partial:
            raise ValueError(
                f"{channels} channels do not divide by partial = {self.partial}; choose "
                "channels as a multiple of it"
            )
        if not 0 <= self.warmup_fraction <= 1:
            raise ValueError("warmup_fraction must be from 0 to 1")


class PartialChannels(BilevelMethod):
    """A gradient method on part of the channels, its edges weighted as well as its operations."""

    facts: ClassVar[Mapping[str, Any]] = {
        "channel_mask": "first",  # 1/K of the channels, always the same
        "channel_mix": "shuffle",  # in K groups
        "edge_normalization": True,
        "beta_init": "normal",
    }
    Settings: type = PartialChannelSettings

    def variant(self, settings: Any) -> SupernetVariant:
        """Equation 2: one channel in K through the operations, the others round them."""
        return replace(super().variant(settings), partial=settings.partial)

    def parameters(
        self, space: SearchSpace, settings: Any, rng: torch.Generator
    ) -> dict[str, dict[str, Tensor]]:
        """Beta beside alpha: one number for each edge."""
        betas = {
            name: settings.beta_init_scale * normal(len(cell_type.edges), rng=rng)
            for name, cell_type in space.cell_types.items()
        }
        return {**super().parameters(space, settings, rng), "beta": betas}

    def weights(self, search: SearchState) -> Mixture:
        """Equation 3: every edge has a factor beside its operations' weights."""
        return replace(super().weights(search), edges=_edge_factors(search))

    def alpha_trains(self, search: SearchState) -> bool:
        """Not before the operations' weights are worth comparing."""
        return search.progress >= search.settings.warmup_fraction


def _edge_factors(search: SearchState) -> dict[str, Tensor]:
    types = search.task.space.cell_types
    return {
        each: edge_softmax(beta, [edge.target for edge in types[each].edges])
        for each, beta in search.parameters["beta"].items()
    }


def edge_softmax(beta: Tensor, targets: Sequence[int]) -> Tensor:
    """Softmax of beta, shape (edges,), over the edges that enter the same node."""
    import torch

    nodes = torch.tensor(targets, device=beta.device)
    others = beta.expand(len(beta), -1).masked_fill(nodes[:, None] != nodes, -torch.inf)
    return (beta - others.logsumexp(dim=1)).exp()
