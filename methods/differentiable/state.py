"""A bilevel search under way, as the hooks of its method see it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol, TypeAlias

from benchmarks.spaces.mixture import Mixture
from methods.differentiable.stage import Stage
from methods.method import Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

Batch: TypeAlias = "tuple[Tensor, Tensor]"
"""Inputs, such as images (batch, 3, side, side), and targets, such as labels (batch,)."""


class SearchState(Protocol):
    """What a hook may use of the search that it belongs to."""

    task: Task
    """What is searched, on which data and device."""
    settings: Any
    """Those of the method, and those of the supernet, which are the space's."""
    supernet: nn.Module
    """Inputs and a mixture in, outputs such as logits out."""
    parameters: dict[str, dict[str, Tensor]]
    """The architecture parameters, by name (`alpha`, ...) and cell type."""
    weights: list[Tensor]
    """The parameters of the supernet that are trained."""
    weight_optimizer: torch.optim.Optimizer
    """Optimizer of `weights`, with the learning rate of the epoch."""
    epoch: int
    """Epochs that are finished."""
    stage: Stage
    """The operations that are searched now."""

    @property
    def alphas(self) -> list[Tensor]:
        """All architecture parameters, in a fixed order."""
        ...

    @property
    def progress(self) -> float:
        """The share of the epochs that are finished, 0 to 1."""
        ...

    def mixture(self) -> Mixture:
        """Return the mixture that the method makes for the step that is being taken."""
        ...

    def loss(self, split: str, batch: Batch, mixture: Mixture, *, counted: bool = True) -> Tensor:
        """Return the loss of a batch under a mixture, by the space's objective.

        It is counted among the losses of its split, unless `counted` is False.
        """
        ...

    def penalised(self, loss: Tensor) -> Tensor:
        """Return alpha's loss: that of the data, and the method's penalty if it has one."""
        ...

    def advance_memory(self, split: str, batch: Batch) -> None:
        """Take the hidden state of a split through a batch at the weights as they are.

        For steps whose counted pass is at other weights; nothing where the objective has none.
        """
        ...

    def value(self, batch: Batch, mixture: Mixture) -> float:
        """Return the metric of the space's objective on a batch, without gradient."""
        ...

    def in_double(self) -> SearchState:
        """Return a view whose architecture parameters are in double precision, detached."""
        ...

    def next_batch(self, split: str) -> Batch:
        """Return the next batch of `search_train` or `search_valid`."""
        ...

    def curvature(self) -> float:
        """Return the dominant eigenvalue of the loss's Hessian along alpha, on its last batch."""
        ...
