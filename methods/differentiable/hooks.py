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
from benchmarks.spaces.supernet_settings import SupernetVariant
from methods.differentiable.settings import BilevelSettings
from methods.differentiable.stage import Stage
from methods.differentiable.step import Step
from methods.method import SEARCH_SPLITS, Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from benchmarks.datasets.batches import BatchStream
    from methods.differentiable.state import Batch, SearchState


class Hooks:
    """The functions that the loop calls, and that a method overrides to differ from DARTS."""

    def variant(self, settings: Any) -> SupernetVariant:
        """Choose how the space's supernet is built; its size is a setting of the space."""
        return SupernetVariant()

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

    def weights(self, search: SearchState) -> Mixture:
        """Return what alpha says: each edge's softmax over operations (DARTS, equation 2).

        Deterministic. Entropy, curvature and scores are those of these weights.
        """
        active = search.stage.active
        return Mixture(
            weights={
                each: masked(alpha, active[each]).softmax(dim=-1)
                for each, alpha in search.parameters["alpha"].items()
            },
            active=active,
        )

    def mixture(self, search: SearchState, step: Step) -> Mixture:
        """Return what the supernet computes in a step; here is where to sample or to perturb.

        Called for each pass of the step. Draw random numbers with `step.drawn`, so that all passes
        have the same.
        """
        return self.weights(search)

    def penalty(self, search: SearchState) -> Tensor | None:
        """Return a term of alpha's loss that does not depend on data, a scalar, or None."""
        return None

    def next_stage(self, search: SearchState) -> Stage | None:
        """Return what the search continues with; None to go on as before.

        Called before `epoch_start`. The stage is saved with the search.
        """
        return None

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

    def score_edges(self, search: SearchState) -> dict[str, np.ndarray]:
        """Return what an architecture is derived from, by cell type: (edges, operations).

        Scores are compared among all edges of a node, which raw alpha is not: only differences on
        one edge mean anything. The weights are, times the edges' factors where there are any.
        """
        # Of alpha in double precision: the softmax in single ties alphas that differ.
        found = self.weights(search.in_double())
        factors = found.edges or {}
        scores = {
            each: weights * factors[each][:, None] if each in factors else weights
            for each, weights in found.weights.items()
        }
        return {
            each: np.where(found.active[each], score.detach().cpu().numpy(), -np.inf)
            for each, score in scores.items()
        }

    def derived(self, search: SearchState) -> Any:
        """Return the architecture that the search would end in after this epoch.

        None where only the end decides; the epoch is then not logged.
        """
        return search.task.space.derive(self.score_edges(search))

    def measured(self, search: SearchState) -> dict[str, float]:
        """Return further measurements of an epoch, by name."""
        weights = self.weights(search)
        found = {"entropy": entropy(weights), "greatest_entropy": greatest_entropy(weights)}
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
    return {
        name: scale * normal(*cell_type.shape, rng=rng)
        for name, cell_type in space.cell_types.items()
    }


def masked(alpha: Tensor, active: np.ndarray) -> Tensor:
    """Return alpha with -inf where an operation is not active; both (edges, operations)."""
    import torch

    if active.all():
        return alpha
    return alpha.masked_fill(torch.from_numpy(~active).to(alpha.device), float("-inf"))


def entropy(mixture: Mixture) -> float:
    """Return the entropy of the operations' weights in nats, a mean over all edges."""
    import torch

    entropies = [torch.special.entr(each).sum(dim=-1) for each in mixture.weights.values()]
    return torch.cat([each.flatten() for each in entropies]).mean().item()


def greatest_entropy(mixture: Mixture) -> float:
    """Return the entropy of uniform weights in nats, a mean over all edges.

    Each edge counts its own operations: those that the space offers and no pruning removed.
    """
    masks = [mask.reshape(-1, mask.shape[-1]) for mask in mixture.active.values()]
    operations = np.concatenate([mask.sum(axis=1) for mask in masks])
    return float(np.log(operations).mean())
