"""What a gradient method may do differently from DARTS, first order, which is the default.

Modules of methods import torch inside functions only, so that listing a method and reading its
settings is quick.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.random_numbers import normal
from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.space import SearchSpace
from benchmarks.spaces.supernet_options import SupernetOptions
from methods.differentiable.settings import BilevelSettings
from methods.method import SEARCH_SPLITS, Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from benchmarks.datasets.batches import BatchStream
    from methods.differentiable.state import Batch, SearchState


class Hooks:
    """The functions that the loop calls, and that a method overrides to differ from DARTS."""

    def options(self, settings: Any) -> SupernetOptions:
        """Choose the supernet."""
        return SupernetOptions(
            channels=settings.channels,
            cells_per_stage=settings.cells_per_stage,
            affine_candidates=settings.affine_candidates,
            affine_last=settings.affine_last,
            track_running_stats=settings.track_running_stats,
            convolution_bias=settings.convolution_bias,
        )

    def trains(self, settings: Any, name: str, module: nn.Module) -> bool:
        """Return whether a module's own parameters are trained."""
        return True

    def decays(self, settings: Any, name: str, module: nn.Module) -> bool:
        """Return whether weight decay acts on them, if so."""
        return True

    def parameters(
        self, space: SearchSpace, settings: Any, rng: torch.Generator
    ) -> dict[str, dict[str, Tensor]]:
        """Return the initial architecture parameters, on the host; alpha is (edges, operations)."""
        scale = settings.alpha_init_scale if settings.alpha_init == "normal" else 0.0
        return {"alpha": initial_alpha(space, scale, rng)}

    def alpha_optimizer(self, settings: Any, alphas: list[Tensor]) -> torch.optim.Optimizer:
        """Return the optimizer of the architecture parameters."""
        import torch

        return torch.optim.Adam(
            alphas,
            lr=settings.alpha_lr,
            betas=(settings.alpha_beta1, settings.alpha_beta2),
            eps=settings.alpha_eps,
            weight_decay=settings.alpha_weight_decay,
        )

    def begin(self, search: SearchState) -> None:
        """Called once, before the search starts or resumes."""

    def mixture(self, search: SearchState) -> Mixture:
        """Return what the supernet computes: each edge's softmax over operations (DARTS, eq. 2)."""
        alphas = search.parameters["alpha"]
        return Mixture(
            weights={each: alpha.softmax(dim=-1) for each, alpha in alphas.items()},
            active={each: np.ones(alpha.shape, bool) for each, alpha in alphas.items()},
        )

    def epoch_start(self, search: SearchState) -> None:
        """Called before the first step of each epoch."""

    def alpha_trains(self, search: SearchState) -> bool:
        """Return whether alpha takes steps in this epoch."""
        return True

    def alpha_gradient(self, search: SearchState, train: Batch, valid: Batch) -> Sequence[Tensor]:
        """Return the gradient of every tensor in `search.alphas`; see `gradients`."""
        from methods.differentiable import gradients

        return gradients.first_order(search, valid)

    def alpha_stepped(self, search: SearchState) -> None:
        """Called after each step of alpha."""

    def scores(self, search: SearchState) -> dict[str, np.ndarray]:
        """Return what an architecture is derived from, by cell type: (edges, operations)."""
        alphas = search.parameters["alpha"]
        return {each: alpha.detach().cpu().numpy() for each, alpha in alphas.items()}

    def derived(self, search: SearchState) -> Any:
        """Return the architecture that the search would end in after this epoch.

        None where only the end decides; the epoch is then not logged.
        """
        return search.task.space.derive(self.scores(search))

    def measured(self, search: SearchState) -> dict[str, float]:
        """Return further measurements of an epoch, by name."""
        mixture = search.mixture()
        found = {"entropy": entropy(mixture), "greatest_entropy": greatest_entropy(mixture)}
        if search.settings.measure_curvature:
            found["hessian_eigenvalue"] = search.curvature()
        return found

    def is_over(self, search: SearchState) -> bool:
        """Return whether the search ends early; called before each epoch."""
        return False

    def select(self, search: SearchState) -> Any:
        """Return the architecture in which the search ends."""
        return self.derived(search)

    def state(self) -> dict[str, Any]:
        """Return what the method remembers from step to step; it is saved with the search."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore what `state` returned."""

    def batches(self, task: Task) -> dict[str, BatchStream]:
        """Return the images for the weights and those for alpha, each in an order of its own.

        Raises:
            UserError: they are missing, or a batch is larger than its split.
        """
        settings: BilevelSettings = task.settings
        return {
            split: task.batches(
                split,
                data_split=settings.data_split,
                batch_size=settings.batch_size,
                with_replacement=split == "search_valid" and settings.alpha_batch == "random",
            )
            for split in SEARCH_SPLITS
        }


def initial_alpha(space: SearchSpace, scale: float, rng: torch.Generator) -> dict[str, Tensor]:
    """Normal numbers of mean 0 by cell type, shape (edges, operations)."""
    shapes = {each: space.edges(each) for each in space.cell_types}
    return {
        cell_type: scale * normal(len(edges), len(edges[0].operations), rng=rng)
        for cell_type, edges in shapes.items()
    }


def entropy(mixture: Mixture) -> float:
    """Return the entropy of the operations' weights in nats, a mean over all edges."""
    import torch

    weights = torch.cat([each.flatten(end_dim=-2) for each in mixture.weights.values()])
    return torch.special.entr(weights).sum(dim=1).mean().item()


def greatest_entropy(mixture: Mixture) -> float:
    """Return the entropy of uniform weights in nats, a mean over all edges.

    Each edge counts its own operations: those that the space offers and no pruning removed.
    """
    masks = [mask.reshape(-1, mask.shape[-1]) for mask in mixture.active.values()]
    operations = np.concatenate([mask.sum(axis=1) for mask in masks])
    return float(np.log(operations).mean())
