"""What every gradient method keeps, whatever defines it; a method that is added is tested here."""

import copy
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from harness.device import prepare
from methods import METHODS
from methods.differentiable.method import BilevelMethod
from tests.methods.made_task import MadeTask, settings_of

NAMES = sorted(
    name
    for name in METHODS
    if isinstance(METHODS[name], type) and issubclass(METHODS[name], BilevelMethod)
)
GOLDEN = Path(__file__).parent / "golden"
SHORT = {
    "epochs": 6,
    "steps_per_epoch": 2,
    "alpha_lr": 0.5,  # so that ASAP prunes
    "draws": 4,
    "draw_batch_size": 10,
}


def task_of(name: str, **changes: Any) -> MadeTask:
    return MadeTask(settings_of(METHODS[name], **{**SHORT, **changes}))


def run(name: str, task: MadeTask) -> MadeTask:
    METHODS[name]().search(task)
    return task


def assert_same(ours: Any, theirs: Any, path: str = "state") -> None:
    """Bit for bit, but for what a clock measured."""
    assert type(ours) is type(theirs), path
    if isinstance(ours, dict):
        assert list(ours) == list(theirs), path
        for key in ours:
            if key != "epoch_seconds":
                assert_same(ours[key], theirs[key], f"{path}.{key}")
    elif isinstance(ours, list | tuple):
        assert len(ours) == len(theirs), path
        for number, pair in enumerate(zip(ours, theirs, strict=True)):
            assert_same(*pair, f"{path}.{number}")
    elif isinstance(ours, torch.Tensor | np.ndarray | float):  # NaN is the same as NaN
        np.testing.assert_array_equal(np.asarray(ours), np.asarray(theirs), err_msg=path)
    else:
        assert ours == theirs, path


def test_all_gradient_methods_are_here():
    assert set(NAMES) >= {
        *["darts-1st", "darts-2nd", "pc-darts", "rf-darts", "rf-pcdarts", "asap", "random-ws"],
    }


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seed_gives_the_same_bits(name):
    """In whatever state torch's and numpy's own generators are: nothing that counts is theirs."""
    tasks = []
    for seed in (1, 2):
        torch.manual_seed(seed)
        np.random.seed(seed)
        tasks.append(run(name, task_of(name)))
    first, second = tasks
    assert_same(first.saved, second.saved)
    assert_same(first.records, second.records)
    other = task_of(name)
    other.seed = 8
    run(name, other)
    assert not torch.equal(
        first.saved["supernet"]["stem.0.weight"], other.saved["supernet"]["stem.0.weight"]
    )


class _Killed(Exception):
    pass


@pytest.mark.parametrize("stop", [1, 5, 8, 11])
@pytest.mark.parametrize("name", NAMES)
def test_a_search_that_was_stopped_ends_in_the_same_bits(name, stop):
    """Killed after a save within an epoch or after one; and gone on with by a new process."""
    saves = 0

    def kill() -> None:
        nonlocal saves
        saves += 1
        if saves == stop:
            raise _Killed

    whole = run(name, task_of(name, stop_early_when="never"))
    broken = task_of(name, stop_early_when="never")
    broken.is_save_due, broken.on_save = True, kill
    with pytest.raises(_Killed):
        run(name, broken)
    resumed = MadeTask(broken.settings, saved=copy.deepcopy(broken.saved))
    run(name, resumed)
    assert_same(resumed.saved, whole.saved)
    assert_same(broken.records + resumed.records, whole.records)


@pytest.mark.parametrize("name", NAMES)
def test_a_supernet_or_its_alphas_are_trained(name):
    """Else the other tests of this file would say little."""
    start = task_of(name, epochs=1, steps_per_epoch=1)
    run(name, start)
    end = run(name, task_of(name))
    moved = {
        kind: any(
            not torch.equal(*pair)
            for pair in zip(_tensors(start.saved[kind]), _tensors(end.saved[kind]), strict=True)
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
        pairs = zip(_tensors(card.saved[kind]), _tensors(host.saved[kind]), strict=True)
        for ours, theirs in pairs:
            torch.testing.assert_close(ours.cpu(), theirs, rtol=1e-6, atol=1e-8)
    assert card.records[-1]["architecture"] == host.records[-1]["architecture"]


def _tensors(tree: Any) -> list[torch.Tensor]:
    if isinstance(tree, torch.Tensor):
        return [tree]
    return [tensor for each in tree.values() for tensor in _tensors(each)]


@pytest.mark.parametrize("name", NAMES)
def test_ten_golden_steps(name, update_golden):
    """Losses and alphas of each step, then the norms of the supernet's tensors: sum and product.

    Equal decimals to 1e-9: a change of the numbers is a change of the method's version.
    """
    task = run(name, task_of(name, epochs=10, steps_per_epoch=1, alpha_lr=0.03))
    lines = []
    for step, record in enumerate(task.records):
        losses = [record[each] for each in _LOSSES if each in record]
        alphas = [value for array in (record["arrays"] or {}).values() for value in array.ravel()]
        numbers = " ".join(f"{value:.12f}" for value in [*losses, *alphas])
        lines.append(f"{step} {numbers}")
    weights = [each for each in task.saved["supernet"].values() if each.dtype == torch.float64]
    norms = torch.stack([each.norm() for each in weights])
    lines.append(f"{len(lines)} {norms.sum():.12f} {norms.prod():.12e}")
    file = GOLDEN / f"{name}.txt"
    if update_golden:
        file.write_text("\n".join(lines) + "\n")
    expected = [np.array(line.split(), float) for line in file.read_text().splitlines()]
    for ours, theirs in zip(lines, expected, strict=True):
        np.testing.assert_allclose(np.array(ours.split(), float), theirs, rtol=1e-9, atol=1e-11)


_LOSSES = ("search_train_loss", "search_valid_loss", "score")
