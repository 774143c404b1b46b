"""Ten steps of a method in float64 on generated images: an accidental change shows in a second.

Both the golden files of the tests and the guard's bits layer use these steps.
"""

import math
from typing import Any

import torch

from harness.contract.fake_task import FakeTask, settings_of
from harness.trials.device import prepare
from methods.method import Method, Outcome

# One step an epoch, so that every step is recorded; alpha moves far enough for ASAP to prune.
_TEN = {"epochs": 10, "steps_per_epoch": 1, "alpha_lr": 0.03, "draws": 4, "draw_batch_size": 10}
_NUMBERS = ("search_train_loss", "search_valid_loss", "score", "simulated_seconds")

Step = dict[str, Any]
"""`step`, losses and scores by name, and arrays such as `alpha/cell` as flat lists of floats."""


def run_ten_steps(method: type[Method], threads: int = 1) -> tuple[FakeTask, Outcome]:
    """Run the steps; the task holds what the method recorded and saved.

    Raises:
        UserError: the method has no `common` protocol of its own or of a host.
    """
    prepare("cpu", threads)
    task = FakeTask(settings_of(method, **_TEN))
    return task, method().search(task)


def measure_ten_steps(method: type[Method], threads: int = 1) -> list[Step]:
    """Run the steps and list their measurements, then the final weight norms and architecture.

    NaN is left out, such as the loss of alpha before alpha is trained.
    """
    task, outcome = run_ten_steps(method, threads)
    steps = [_step(number, record) for number, record in enumerate(task.logged)]
    end: Step = {"step": "end", **weight_norms(task), "architecture": str(outcome.architecture)}
    return [*steps, end]


def weight_norms(task: FakeTask) -> dict[str, float]:
    """Sum and product of the norms of the supernet's tensors; empty without a supernet."""
    state = task.load()
    supernet = state.get("supernet", {}) if isinstance(state, dict) else {}
    weights = [each for each in supernet.values() if each.is_floating_point()]
    if not weights:
        return {}
    norms = torch.stack([each.norm() for each in weights])
    return {"norms_sum": norms.sum().item(), "norms_product": norms.prod().item()}


def _step(number: int, record: dict[str, Any]) -> Step:
    numbers = {name: float(record[name]) for name in _NUMBERS if name in record}
    arrays = {
        name: [_json_number(value) for value in array.ravel().tolist()]
        for name, array in (record.get("arrays") or {}).items()
    }
    return {
        "step": number,
        **{name: value for name, value in numbers.items() if not math.isnan(value)},
        **arrays,
    }


def _json_number(value: float) -> float | str:
    """Convert NaN and infinities, which JSON lacks, to text."""
    return value if math.isfinite(value) else str(value)
