"""A gradient method: the hooks that define it, and what all members of the family share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from benchmarks.datasets import Dataset
from benchmarks.spaces.space import SearchSpace
from methods.differentiable.hooks import Hooks
from methods.differentiable.settings import BilevelSettings
from methods.method import Outcome, Task

_PASS = 25_000  # images for the weights in half of CIFAR's training set


class BilevelMethod(Hooks):
    """A search by gradients of alpha, in the loop of `methods.differentiable.search`.

    A member of the family gives a name, a version and a class of settings, and overrides the hooks
    that define it.
    """

    name: str
    version: str
    host = "darts-1st"
    uses_device = True
    trains_supernet = True
    facts: ClassVar[Mapping[str, Any]] = {
        "drop_last": False,  # the smaller batch at the end of a pass is trained on as well
        "affine_stem": True,
        "affine_reduction": True,
        "partial": 1,
        "edge_normalization": False,
        "cutout_length": 0,
        "drop_path": 0,
        "weight_optimizer": "sgd",
        "weight_lr_schedule": "cosine_epoch",
        "alpha_optimizer": "adam",
        "alpha_steps_per_weight_step": 1,
        "warmup_epochs": 0,
        "relaxation": "softmax",
        "temperature": 1,
        "order": 1,
        "discretize": "best_per_edge",  # `none` included
        "final_architecture": "last_epoch",
    }
    Settings: type = BilevelSettings

    @staticmethod
    def supports(space: SearchSpace) -> str | None:
        """Any space that builds a supernet."""
        return "it builds no supernet." if getattr(space, "supernet", None) is None else None

    @staticmethod
    def expected_seconds(settings: Any, device: str, dataset: Dataset) -> float:
        """Rough: on one CPU core by the size of the supernet, on a GPU by its number of cells."""
        steps = settings.steps_per_epoch or -(-_PASS // settings.batch_size)
        cells = settings.cells
        if device == "cpu":
            # Measured on 32 x 32 pixels at C = 8 and 16, N = 1, 2 and 5: 0.3 to 3.2 s a pair of
            # steps; on 8 x 8 it is the calls that count, not the arithmetic.
            pixels = settings.batch_size / 64 * (dataset.side / 32) ** 2
            seconds = 0.013 * settings.channels * cells * pixels + 0.012 * cells
        else:
            # A step waits for the host to launch its kernels, about 170 a cell at 10 us each.
            seconds = 2 * 1.7e-3 * cells
        return settings.epochs * steps * seconds

    def rehearse(self, task: Task) -> None:
        """Ask for the images."""
        self.batches(task)

    def search(self, task: Task) -> Outcome:
        """Run the loop."""
        from methods.differentiable.search import BilevelSearch

        return BilevelSearch(self, task).run()
