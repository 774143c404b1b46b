"""What a gradient method may do differently from DARTS, first order, which is the default.

Modules of methods import torch inside functions only, so that naming a method, listing it and
reading its settings takes no seconds.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.draws import normal
from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.space import SearchSpace
from benchmarks.spaces.supernet_options import SupernetOptions
from methods.differentiable.settings import BilevelSettings, SupernetSettings
from methods.method import PARTS, Outcome, Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from benchmarks.datasets.batches import BatchStream
    from methods.differentiable.search import Batch, BilevelSearch

_PASS = 25_000  # images for the weights in half of CIFAR's training set


class BilevelMethod:
    """A search by gradients of alpha, in the loop of `methods.differentiable.search`.

    A member of the family gives a name, a version and a class of settings, and overrides those of
    the functions below that define it.
    """

    name: str
    version: str
    host = "darts-1st"
    """Whose `common` and `quick` a method runs under that has no protocols of its own."""
    uses_device = True
    Settings: type = BilevelSettings

    def options(self, settings: Any) -> SupernetOptions:
        """Which supernet is trained."""
        return SupernetOptions(
            channels=settings.channels,
            cells_per_stage=settings.cells_per_stage,
            affine_candidates=settings.affine_candidates,
            affine_last=settings.affine_last,
            track_running_stats=settings.track_running_stats,
            convolution_bias=settings.convolution_bias,
        )

    def trains(self, settings: Any, name: str, module: nn.Module) -> bool:
        """Whether the own parameters of that module of the supernet are trained."""
        return True

    def decays(self, settings: Any, name: str, module: nn.Module) -> bool:
        """Whether weight decay acts on them, if they are."""
        return True

    def parameters(
        self, space: SearchSpace, settings: Any, rng: torch.Generator
    ) -> dict[str, dict[str, Tensor]]:
        """The architecture parameters at the start, on the host; alpha is (edges, operations)."""
        scale = settings.alpha_init_scale if settings.alpha_init == "normal" else 0.0
        return {"alpha": initial_alpha(space, scale, rng)}

    def alpha_optimizer(self, settings: Any, alphas: list[Tensor]) -> torch.optim.Optimizer:
        """What takes the steps of the architecture parameters."""
        import torch

        return torch.optim.Adam(
            alphas,
            lr=settings.alpha_lr,
            betas=(settings.alpha_beta1, settings.alpha_beta2),
            eps=settings.alpha_eps,
            weight_decay=settings.alpha_weight_decay,
        )

    def begin(self, search: BilevelSearch) -> None:
        """Called once, when the search is made, before it starts or goes on."""

    def mixture(self, search: BilevelSearch) -> Mixture:
        """What the supernet computes: a softmax over each edge's operations (DARTS, equation 2)."""
        alphas = search.parameters["alpha"]
        return Mixture(
            weights={each: alpha.softmax(dim=-1) for each, alpha in alphas.items()},
            active={each: np.ones(alpha.shape, bool) for each, alpha in alphas.items()},
        )

    def epoch_start(self, search: BilevelSearch) -> None:
        """Called before the first step of each epoch."""

    def alpha_trains(self, search: BilevelSearch) -> bool:
        """Whether alpha takes steps in this epoch."""
        return True

    def alpha_gradient(self, search: BilevelSearch, train: Batch, valid: Batch) -> Sequence[Tensor]:
        """The gradient of every tensor in `search.alphas`; see `gradients`."""
        from methods.differentiable import gradients

        return gradients.first_order(search, valid)

    def alpha_stepped(self, search: BilevelSearch) -> None:
        """Called after each step of alpha."""

    def scores(self, search: BilevelSearch) -> dict[str, np.ndarray]:
        """What the space derives an architecture from, by cell type: (edges, operations)."""
        alphas = search.parameters["alpha"]
        return {each: alpha.detach().cpu().numpy() for each, alpha in alphas.items()}

    def derived(self, search: BilevelSearch) -> Any:
        """The architecture that the search would end in after this epoch, for its record.

        None where only the end can tell; then the epoch is not recorded.
        """
        return search.task.space.derive(self.scores(search))

    def measured(self, search: BilevelSearch) -> dict[str, float]:
        """What else is recorded of an epoch, by name."""
        from methods.differentiable.search import entropy

        found = {"entropy": entropy(search.mixture())}
        if search.settings.measure_curvature:
            found["hessian_eigenvalue"] = search.curvature()
        return found

    def is_over(self, search: BilevelSearch) -> bool:
        """Whether the search ends before its last epoch; asked before each."""
        return False

    def select(self, search: BilevelSearch) -> Any:
        """The architecture in which the search ends."""
        return self.derived(search)

    def state(self) -> dict[str, Any]:
        """What the method itself remembers from step to step, to be saved with the search."""
        return {}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""

    # What every member shares.

    @staticmethod
    def supports(space: SearchSpace) -> str | None:
        """Any space that builds a supernet."""
        return "it builds no supernet." if space.supernet is None else None

    @staticmethod
    def expected_seconds(settings: SupernetSettings, device: str, dataset: Dataset) -> float:
        """Rough: on one CPU core by the size of the supernet, on a GPU by its number of cells."""
        steps = settings.steps_per_epoch or -(-_PASS // settings.batch_size)
        cells = 3 * settings.cells_per_stage
        if device == "cpu":
            # Measured on 32 x 32 pixels at C = 8 and 16, N = 1, 2 and 5: 0.3 to 3.2 s a pair of
            # steps; on 8 x 8 it is the calls that count, not the arithmetic.
            pixels = settings.batch_size / 64 * (dataset.side / 32) ** 2
            seconds = 0.013 * settings.channels * cells * pixels + 0.012 * cells
        else:
            # A step waits for the host to launch its kernels, about 170 a cell at 10 us each.
            seconds = 2 * 1.7e-3 * cells
        return settings.epochs * steps * seconds

    def batches(self, task: Task) -> dict[str, BatchStream]:
        """The images for the weights and those for alpha, each with an order of its own.

        Raises:
            UserError: they are not here, or a batch is larger than its part.
        """
        settings: BilevelSettings = task.settings
        return {
            part: task.batches(
                part,
                split=settings.data_split,
                batch_size=settings.batch_size,
                with_replacement=part == "search_valid"
                and settings.alpha_batch == "random_valid_index_per_train_index",
            )
            for part in PARTS
        }

    def rehearse(self, task: Task) -> None:
        """Ask for the images."""
        self.batches(task)

    def search(self, task: Task) -> Outcome:
        """Run the loop."""
        from methods.differentiable.search import BilevelSearch

        return BilevelSearch(self, task).run()


def initial_alpha(space: SearchSpace, scale: float, rng: torch.Generator) -> dict[str, Tensor]:
    """Normal numbers of mean 0 by cell type, shape (edges, operations)."""
    shapes = {each: space.edges(each) for each in space.cell_types}
    return {
        cell_type: scale * normal(len(edges), len(edges[0].operations), rng=rng)
        for cell_type, edges in shapes.items()
    }
