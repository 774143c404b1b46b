"""What every gradient method keeps, whatever defines it; a method that is added is tested here."""

from typing import Any

import numpy as np
import pytest
import torch

from harness.contract.fake_task import FakeTask, settings_of
from harness.guard.probes.ten_steps import run_ten_steps, weight_norms
from harness.trials.device import prepare
from methods import METHODS
from methods.differentiable.method import BilevelMethod
from tests.methods import golden

NAMES = sorted(
    name
    for name in METHODS
    if isinstance(METHODS[name], type) and issubclass(METHODS[name], BilevelMethod)
)
SHORT = {
    "epochs": 6,
    "steps_per_epoch": 2,
    "alpha_lr": 0.5,  # so that ASAP prunes
    "draws": 4,
    "draw_batch_size": 10,
}


def task_of(name: str, **changes: Any) -> FakeTask:
    return FakeTask(settings_of(METHODS[name], **{**SHORT, **changes}))


def run(name: str, task: FakeTask) -> FakeTask:
    METHODS[name]().search(task)
    return task


def test_all_gradient_methods_are_here():
    assert set(NAMES) >= {
        *["darts-1st", "darts-2nd", "pc-darts", "rf-darts", "rf-pcdarts", "asap", "random-ws"],
    }


@pytest.mark.parametrize("name", NAMES)
def test_another_seed_starts_from_other_weights(name):
    first, other = task_of(name, epochs=1), task_of(name, epochs=1)
    other.seed = 8
    weights = [run(name, task).load()["supernet"]["stem.0.weight"] for task in (first, other)]
    assert not torch.equal(*weights)


@pytest.mark.parametrize("name", NAMES)
def test_a_supernet_or_its_alphas_are_trained(name):
    """Else the other tests of this file would say little."""
    start = task_of(name, epochs=1, steps_per_epoch=1)
    run(name, start)
    end = run(name, task_of(name))
    moved = {
        kind: any(
            not torch.equal(*pair)
            for pair in zip(_tensors(start.load()[kind]), _tensors(end.load()[kind]), strict=True)
        )
        for kind in ("supernet", "parameters")
    }
    assert moved == {"supernet": True, "parameters": name != "random-ws"}


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here")
@pytest.mark.parametrize("name", NAMES)
def test_card_and_host_compute_the_same(name):
    """In float64, on the same draws; no mask or path is on the wrong device."""
    short = {"epochs": 4, "alpha_lr": 0.03, "hessian": "exact"}
    host, card = (task_of(name, **short) for _ in range(2))
    card.device = prepare("cuda:0", threads=1)
    for task in (host, card):
        run(name, task)
    for kind in ("supernet", "parameters"):
        pairs = zip(_tensors(card.load()[kind]), _tensors(host.load()[kind]), strict=True)
        for ours, theirs in pairs:
            torch.testing.assert_close(ours.cpu(), theirs, rtol=1e-6, atol=1e-8)
    assert card.logged[-1]["architecture"] == host.logged[-1]["architecture"]


def _tensors(tree: Any) -> list[torch.Tensor]:
    if isinstance(tree, torch.Tensor):
        return [tree]
    return [tensor for each in tree.values() for tensor in _tensors(each)]


@pytest.mark.parametrize("name", NAMES)
def test_ten_golden_steps(name, update_golden):
    """Losses and alphas of each step, then the norms of the supernet's tensors: sum and product.

    Equal decimals to 1e-9: a change of the numbers is a change of the method's version, which
    `tests/harness/guard/probes/test_golden.py` holds against the files.
    """
    task, _ = run_ten_steps(METHODS[name])
    lines = []
    for step, record in enumerate(task.logged):
        losses = [record[each] for each in _LOSSES if each in record]
        alphas = [value for array in (record["arrays"] or {}).values() for value in array.ravel()]
        numbers = " ".join(f"{value:.12f}" for value in [*losses, *alphas])
        lines.append(f"{step} {numbers}")
    total, product = weight_norms(task).values()
    lines.append(f"{len(lines)} {total:.12f} {product:.12e}")
    if update_golden:
        golden.write(name, METHODS[name].version, "\n".join(lines) + "\n")
    expected = [np.array(line.split(), float) for line in golden.read(name).splitlines()]
    for ours, theirs in zip(lines, expected, strict=True):
        np.testing.assert_allclose(np.array(ours.split(), float), theirs, rtol=1e-9, atol=1e-11)


_LOSSES = ("search_train_loss", "search_valid_loss", "score")
