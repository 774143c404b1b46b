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
from typing import TYPE_CHECKING, Any, Literal, get_args

from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.space import SearchSpace
from methods.differentiable import paths
from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import SupernetSettings
from methods.method import Outcome, Task, setting

if TYPE_CHECKING:
    import torch
    from torch import Tensor

    from benchmarks.datasets.batches import BatchStream
    from methods.differentiable.search import BilevelSearch

Sampler = Literal[
    "one genotype per minibatch, uniform op per edge, shared by all cells, no rejection",
    "uniform op per edge, redrawn for every cell call; "
    "a node whose incoming ops are all none is redrawn (forward_urs)",
]
"""How NAS-Bench-201's code and that of NATS-Bench draw what a step of the weights trains."""
Draws = Literal[
    "uniform per edge, with replacement",
    "uniform over the 15625 architectures, without replacement",
]
_PATH_PER_STEP, _PATH_PER_CELL = get_args(Sampler)
_REPEATED, _DISTINCT = get_args(Draws)


class RandomWeightSharing(BilevelMethod):
    """A supernet without alpha: its weights take steps on random paths, then paths compete."""

    name = "random-ws"
    version = "2"

    @dataclass(frozen=True, kw_only=True)
    class Settings(SupernetSettings):
        """How paths are drawn for the weights, and how the winner is chosen."""

        sampler: Sampler = setting("sampler")
        draws: int = setting("eval_samples")
        """Architectures that compete."""
        drawn: Draws = setting("eval_sampling")
        draw_batch_size: int = setting("eval_batch_size")
        """Images that score an architecture; each is scored on others."""
        batches_per_draw: Literal[1] = setting("eval_batches_per_sample")
        score: Literal["top-1 on the batch (valid half, test transform, eval mode)"] = setting(
            "score"
        )
        select: Literal["best of the scored draws"] = setting("select")

        def __post_init__(self) -> None:
            super().__post_init__()
            if min(self.draws, self.draw_batch_size) < 1:
                raise ValueError("draws and draw_batch_size must be at least 1")
            if self.drawn == _DISTINCT and self.draws > 15_625:
                raise ValueError("there are no more than 15625 draws without replacement")

    def parameters(
        self, space: SearchSpace, settings: Any, rng: torch.Generator
    ) -> dict[str, dict[str, Tensor]]:
        """None."""
        return {}

    def alpha_optimizer(self, settings: Any, alphas: list[Tensor]) -> torch.optim.Optimizer:
        """One that has nothing to do."""
        import torch

        return torch.optim.Adam([{"params": alphas}])

    def batches(self, task: Task) -> dict[str, BatchStream]:
        """Images for the weights, and those that score, as they are."""
        settings: RandomWeightSharing.Settings = task.settings
        split, size = settings.data_split, settings.draw_batch_size
        return {
            "search_train": task.batches(
                "search_train", split=split, batch_size=settings.batch_size
            ),
            "search_valid": task.batches(
                "search_valid", split=split, batch_size=size, augmented=False
            ),
        }

    def begin(self, search: BilevelSearch) -> None:
        """One generator for all steps."""
        self._rng = search.task.generator("paths")

    def mixture(self, search: BilevelSearch) -> Mixture:
        """The next random path: one operation on each edge."""
        space = search.task.space
        if search.settings.sampler == _PATH_PER_STEP:
            return paths.along(search, paths.drawn(space, self._rng))
        cells = search.supernet.mixed_cells()  # type: ignore[operator]
        found = [paths.drawn(space, self._rng, feeds_nodes=True) for _ in cells]
        return paths.along(search, {each: [one[each] for one in found] for each in found[0]})

    def derived(self, search: BilevelSearch) -> None:
        """Only the scores at the end tell."""

    def select(self, search: BilevelSearch) -> Any:
        """The best of the draws, each scored on a batch of its own."""
        import torch

        search.supernet.eval()
        best, best_accuracy = None, -1.0
        for path in self._competitors(search):
            images, labels = search.next_batch("search_valid")
            with torch.no_grad():
                found = search.supernet(images, paths.along(search, path)).argmax(dim=1)
            accuracy = 100 * (found == labels).double().mean().item()
            if accuracy > best_accuracy:
                best, best_accuracy = paths.architecture(search.task.space, path), accuracy
                search.task.record(best, score=accuracy)
        return best

    def search(self, task: Task) -> Outcome:
        """Run the loop, then let the draws compete."""
        return replace(super().search(task), evaluated=task.settings.draws)

    def state(self) -> dict[str, Any]:
        """Where the generator is."""
        return {"rng": self._rng.get_state()}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Draw on."""
        self._rng.set_state(state["rng"])

    def _competitors(self, search: BilevelSearch) -> Iterator[paths.Path]:
        """The paths that compete: any, or only such as were not drawn before."""
        space, rng = search.task.space, search.task.generator("draws")
        seen, left = set(), search.settings.draws
        while left:
            path = paths.drawn(space, rng)
            name = paths.architecture(space, path)
            if search.settings.drawn == _REPEATED or name not in seen:
                seen.add(name)
                left -= 1
                yield path
