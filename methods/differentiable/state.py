"""A bilevel search under way, as the hooks of its method see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from benchmarks.spaces.mixture import Mixture
from methods.method import Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Batch: TypeAlias = "tuple[Tensor, Tensor]"
"""Images (batch, 3, side, side) and labels (batch,)."""


class SearchState(Protocol):
    """What a hook may use of the search that it belongs to."""

    task: Task
    """What is searched, on which data and device."""
    settings: Any
    """Those of the method."""
    supernet: nn.Module
    """Images and a mixture in, logits out."""
    parameters: dict[str, dict[str, Tensor]]
    """The architecture parameters, by name (`alpha`, ...) and cell type."""
    weights: list[Tensor]
    """The parameters of the supernet that are trained."""
    weight_optimizer: torch.optim.Optimizer
    """Optimizer of `weights`, with the learning rate of the epoch."""
    epoch: int
    """Epochs that are finished."""

    @property
    def alphas(self) -> list[Tensor]:
        """All architecture parameters, in a fixed order."""
        ...

    @property
    def progress(self) -> float:
        """The share of the epochs that are finished, 0 to 1."""
        ...

    def mixture(self) -> Mixture:
        """Return the mixture that the method makes of the architecture parameters now."""
        ...

    def loss(self, split: str, batch: Batch, mixture: Mixture, *, counted: bool = True) -> Tensor:
        """Return the mean cross-entropy of a batch under a mixture.

        It is counted among the losses of its split, unless `counted` is False.
        """
        ...

    def next_batch(self, split: str) -> Batch:
        """Return the next batch of `search_train` or `search_valid`."""
        ...

    def curvature(self) -> float:
        """Return the dominant eigenvalue of the loss's Hessian along alpha, on its last batch."""
        ...
