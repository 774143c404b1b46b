"""Random search with weight sharing: train one sampled path at a time, score draws, take the best.

Method: Li and Talwalkar, "Random Search and Reproducibility for Neural Architecture Search",
UAI 2019. In NAS-Bench-201 (Dong and Yang, ICLR 2020, table 5, RSPS, three searches on CIFAR-10):
87.66 / 58.33 / 31.14 test accuracy on CIFAR-10 / CIFAR-100 / ImageNet16-120.
Checked against: AutoDL-Projects @ f46486e, exps/NAS-Bench-201-algos/RANDOM-NAS.py (a path for each
step) and exps/NATS-algos/search-cell.py (a path for each cell).
Differs from that code: weights that no path has met yet decay like those that one left.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from benchmarks.errors import UserError
from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.space import SearchSpace
from methods.differentiable import paths
from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import WeightSettings
from methods.differentiable.step import Step
from methods.method import Outcome, Task

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from benchmarks.datasets.batches import BatchStream
    from methods.differentiable.state import SearchState


class RandomWeightSharing(BilevelMethod):
    """A supernet without alpha: its weights take steps on random paths, then paths compete."""

    name = "random-ws"
    version = "2"
    facts: ClassVar[Mapping[str, Any]] = {
        "order": 0,
        "batches_per_draw": 1,
        "score": "batch_accuracy",
        "select": "best_score",
    }

    @dataclass(frozen=True, kw_only=True)
    class Settings(WeightSettings):
        """How paths are drawn for the weights, and how the winner is chosen."""

        sampler: Literal["path_per_step", "path_per_cell"]
        """What a step of the weights trains: one path that all cells share, as in NAS-Bench-201's
        code, or as in that of NATS-Bench one for each cell, no node of which gets only `none`."""
        draws: int
        """Architectures that compete."""
        drawn: Literal["repeated", "distinct"]
        """Whether an architecture may compete twice."""
        draw_batch_size: int
        """Images that score an architecture; each is scored on others."""

        def __post_init__(self) -> None:
            super().__post_init__()
            if min(self.draws, self.draw_batch_size) < 1:
                raise ValueError("draws and draw_batch_size must be at least 1")

    def parameters(
        self, space: SearchSpace, settings: Any, rng: torch.Generator
    ) -> dict[str, dict[str, Tensor]]:
        """Return no architecture parameters."""
        return {}

    def alpha_optimizer(self, settings: Any, alphas: list[Tensor]) -> torch.optim.Optimizer:
        """Return an optimizer without parameters."""
        import torch

        return torch.optim.Adam([{"params": alphas}])

    def batches(self, task: Task) -> dict[str, BatchStream]:
        """Images for the weights, and those that score, as they are."""
        settings: RandomWeightSharing.Settings = task.settings
        data_split, size = settings.data_split, settings.draw_batch_size
        return {
            "search_train": task.batches(
                "search_train", data_split=data_split, batch_size=settings.batch_size
            ),
            "search_valid": task.batches(
                "search_valid", data_split=data_split, batch_size=size, augmented=False
            ),
        }

    def mixture(self, search: SearchState, step: Step) -> Mixture:
        """The step's random path: one operation on each edge that an architecture keeps."""
        space, settings = search.task.space, search.settings
        if settings.sampler == "path_per_step":
            path = step.drawn("paths", lambda rng: paths.drawn(space, rng))
        else:
            path = step.drawn("paths", lambda rng: paths.drawn_by_cell(space, rng, settings.cells))
        return paths.along(search, path)

    def derived(self, search: SearchState) -> None:
        """Return None: only the scores at the end decide."""

    def select(self, search: SearchState) -> Any:
        """The best of the draws, each scored on a batch of its own."""
        search.supernet.eval()
        space = search.task.space
        best, best_score = None, float("nan")
        for path in self._competitors(search):
            score = search.value(search.next_batch("search_valid"), paths.along(search, path))
            if best is None or space.objective.metric.is_better(score, best_score):
                best, best_score = paths.architecture(space, path), score
                search.task.log(best, score=score)
        return best

    def rehearse(self, task: Task) -> None:
        """Ask for the images, and for as many architectures as compete."""
        super().rehearse(task)
        settings, size = task.settings, paths.architectures(task.space)
        if settings.drawn == "distinct" and settings.draws > size:
            raise UserError(
                f"{task.space.name} has {size:,} architectures, so that no more can be drawn "
                "without replacement; lower draws or use --set drawn=repeated."
            )

    def search(self, task: Task) -> Outcome:
        """Run the loop, then let the draws compete."""
        return replace(super().search(task), evaluated=task.settings.draws)

    def _competitors(self, search: SearchState) -> Iterator[paths.Path]:
        """The paths that compete: any, or only such as were not drawn before."""
        space, rng = search.task.space, search.task.generator("draws")
        seen, left = set(), search.settings.draws
        while left:
            path = paths.drawn(space, rng)
            name = paths.architecture(space, path)
            if search.settings.drawn == "repeated" or name not in seen:
                seen.add(name)
                left -= 1
                yield path
