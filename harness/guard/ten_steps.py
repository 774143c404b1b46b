"""Ten steps of a method in float64 on made images: what tells an accidental change in a second.

The golden files of the tests and the guard's layer of bits both look at these steps.
"""

import math
from typing import Any

import torch

from harness.contract.fake_task import MadeTask, settings_of
from harness.trials.device import prepare
from methods.method import Method, Outcome

# One step an epoch, so that every step is recorded; alpha moves so far that ASAP prunes.
_TEN = {"epochs": 10, "steps_per_epoch": 1, "alpha_lr": 0.03, "draws": 4, "draw_batch_size": 10}
_NUMBERS = ("search_train_loss", "search_valid_loss", "score", "simulated_seconds")

Step = dict[str, Any]
"""`step`, losses and scores by name, and arrays such as `alpha/cell` as flat lists of floats."""


def run(method: type[Method], threads: int = 1) -> tuple[MadeTask, Outcome]:
    """Run them; the task holds what was recorded and saved.

    Raises:
        UserError: the method has no `common` protocol of its own or of a host.
    """
    prepare("cpu", threads)
    task = MadeTask(settings_of(method, **_TEN))
    return task, method().search(task)


def steps(method: type[Method], threads: int = 1) -> list[Step]:
    """What each step measured, then the end: the weights' norms and the architecture.

    What is no number is left out, such as the loss of alpha while alpha waits.
    """
    task, outcome = run(method, threads)
    rows = [_row(number, record) for number, record in enumerate(task.records)]
    end: Step = {"step": "end", **weight_norms(task), "architecture": str(outcome.architecture)}
    return [*rows, end]


def weight_norms(task: MadeTask) -> dict[str, float]:
    """Sum and product of the norms of the supernet's tensors; empty without a supernet."""
    saved = task.saved if isinstance(task.saved, dict) else {}
    weights = [each for each in saved.get("supernet", {}).values() if each.is_floating_point()]
    if not weights:
        return {}
    norms = torch.stack([each.norm() for each in weights])
    return {"norms_sum": norms.sum().item(), "norms_product": norms.prod().item()}


def _row(number: int, record: dict[str, Any]) -> Step:
    numbers = {name: float(record[name]) for name in _NUMBERS if name in record}
    arrays = {
        name: [_written(value) for value in array.ravel().tolist()]
        for name, array in (record.get("arrays") or {}).items()
    }
    return {
        "step": number,
        **{name: value for name, value in numbers.items() if not math.isnan(value)},
        **arrays,
    }


def _written(value: float) -> float | str:
    """What is no number as text, which JSON has no other form for."""
    return value if math.isfinite(value) else str(value)
