"""The bilevel loop with its default method, DARTS of first order."""

import math
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.nas_bench_201.architecture import OPERATIONS
from harness.contract.fake_task import FakeTask, settings_of
from methods.darts import FirstOrderDarts
from methods.differentiable.hooks import greatest_entropy
from methods.differentiable.schedules import cosine_epoch
from methods.differentiable.search import BilevelSearch
from methods.method import Diverged


def task_of(method=FirstOrderDarts, **changes) -> FakeTask:
    return FakeTask(settings_of(method, **changes))


def search_of(**changes) -> BilevelSearch:
    return BilevelSearch(FirstOrderDarts(), task_of(**changes))


def snapshot(search: BilevelSearch) -> dict[str, torch.Tensor]:
    """All numbers of a search that its end depends on."""
    return {
        **{name: each.clone() for name, each in search.supernet.state_dict().items()},
        "alpha": search.parameters["alpha"]["cell"].detach().clone(),
    }


def test_alphas_gradient_is_that_of_the_validation_loss():
    """Central differences in float64, every entry of alpha."""
    search = search_of(alpha_init_scale=0.5)
    train, valid = (search.next_batch(part) for part in ("search_train", "search_valid"))
    (gradient,) = search.method.alpha_gradient(search, train, valid)
    alpha, step = search.parameters["alpha"]["cell"], 1e-5
    with torch.no_grad():
        for entry in np.ndindex(*alpha.shape):
            losses = []
            for sign in (1, -1):
                alpha[entry] += sign * step
                losses.append(search.loss("search_valid", valid, search.mixture()))
                alpha[entry] -= sign * step
            difference = (losses[0] - losses[1]) / (2 * step)
            assert gradient[entry].item() == pytest.approx(difference.item(), rel=1e-6, abs=1e-9)


def test_a_step_of_alpha_leaves_the_weights_and_a_step_of_the_weights_leaves_alpha():
    search = search_of()
    train, valid = (search.next_batch(part) for part in ("search_train", "search_valid"))
    weights = [each.detach().clone() for each in search.weights]
    alpha = search.alphas[0].detach().clone()
    search.step_alpha(train, valid)
    assert all(torch.equal(*pair) for pair in zip(weights, search.weights, strict=True))
    assert not torch.equal(alpha, search.alphas[0])
    alpha = search.alphas[0].detach().clone()
    search.step_weights(train)
    assert torch.equal(alpha, search.alphas[0])
    assert not any(torch.equal(*pair) for pair in zip(weights, search.weights, strict=True))


@pytest.mark.parametrize(
    ("order", "expected"),
    [("weights_first", ["weights", "alpha"]), ("alpha_first", ["alpha", "weights"])],
)
def test_the_order_of_updates_is_the_protocols(order, expected, monkeypatch):
    seen = []
    search = search_of(update_order=order)
    monkeypatch.setattr(search, "step_weights", lambda train: seen.append("weights"))
    monkeypatch.setattr(search, "step_alpha", lambda train, valid: seen.append("alpha"))
    search._pair_of_steps()
    assert seen == expected


def test_the_weights_learn_on_one_half_and_alpha_on_the_other(monkeypatch):
    seen: dict[str, set[int]] = {"search_train": set(), "search_valid": set()}
    search = search_of(epochs=2)
    for part, stream in search._batches.items():
        taken = stream.next

        def watched(part=part, stream=stream, taken=taken):
            batch = taken()
            shown = stream._order[stream._position - 6 : stream._position]
            seen[part].update(stream._indices[shown].tolist())
            return batch

        monkeypatch.setattr(stream, "next", watched)
    search.run()
    assert seen == {"search_train": set(range(20)), "search_valid": set(range(20, 40))}


def test_an_epoch_is_one_pass_or_as_many_steps_as_are_set():
    search = search_of(epochs=1)
    search.run()
    assert search.weight_optimizer.state[search.weights[0]]["momentum_buffer"] is not None
    steps = search.alpha_optimizer.state[search.alphas[0]]["step"]
    assert steps == math.ceil(20 / 6)
    search = search_of(epochs=3, steps_per_epoch=2)
    search.run()
    assert search.alpha_optimizer.state[search.alphas[0]]["step"] == 6


def test_the_learning_rate_follows_the_closed_form():
    task = task_of(epochs=5, steps_per_epoch=1)
    BilevelSearch(FirstOrderDarts(), task).run()
    rates = [record["weight_lr"] for record in task.logged]
    assert rates == [cosine_epoch(epoch, 5, 0.025, 0.001) for epoch in range(5)]
    assert rates[0] == 0.025
    assert cosine_epoch(49, 50, 0.025, 0.001) == pytest.approx(1.0237e-3, rel=1e-4)


def test_the_gradient_of_the_weights_is_clipped_and_alphas_is_not():
    search = search_of(weight_clip=1e-3, weight_momentum=0.1, weight_decay=0)
    train, valid = (search.next_batch(part) for part in ("search_train", "search_valid"))
    search.step_weights(train)
    norms = [each.grad.norm() for each in search.weights if each.grad is not None]
    assert torch.stack(norms).norm().item() == pytest.approx(1e-3, rel=1e-3)
    search.step_alpha(train, valid)
    (expected,) = search.method.alpha_gradient(search, train, valid)
    grad = search.alphas[0].grad
    assert grad is not None
    assert grad.norm() > 1e-3
    assert grad.shape == expected.shape


def test_every_epoch_is_recorded():
    task = task_of(epochs=2)
    outcome = BilevelSearch(FirstOrderDarts(), task).run()
    first, last = task.logged
    assert [first["epoch"], last["epoch"]] == [1, 2]
    assert outcome.architecture == last["architecture"]
    assert last["arrays"]["alpha/cell"].shape == (6, 5)
    weights = torch.from_numpy(last["arrays"]["alpha/cell"]).softmax(dim=1)
    assert last["entropy"] == pytest.approx(
        -(weights * weights.log()).sum(dim=1).mean().item(), rel=1e-9
    )
    best = last["arrays"]["alpha/cell"].argmax(axis=1)
    assert last["architecture"].operations == tuple(OPERATIONS[column] for column in best)
    counts = {name: last[f"count_{name}"] for name in OPERATIONS}
    assert sum(counts.values()) == 6
    assert counts == task.space.counts(last["architecture"])
    assert 0 < last["search_train_loss"] < 3
    assert 0 <= last["search_valid_accuracy"] <= 100


def test_losses_are_means_over_samples():
    search = search_of(epochs=1)
    losses, seen = [], search.loss

    def watched(part, batch, mixture):
        loss = seen(part, batch, mixture)
        if part == "search_valid":
            losses.append((loss.item(), len(batch[1])))
        return loss

    search.loss = watched  # type: ignore[method-assign]
    search.run()
    task: Any = search.task
    samples = sum(count for _, count in losses)
    assert samples == 20
    mean = sum(loss * count for loss, count in losses) / samples
    assert task.logged[0]["search_valid_loss"] == pytest.approx(mean, rel=1e-9)


def test_a_loss_that_is_no_number_is_told_with_its_epoch():
    search = search_of(epochs=3, steps_per_epoch=1)
    search._run_epoch()
    with torch.no_grad():
        search.weights[0].fill_(math.nan)
    with pytest.raises(Diverged, match="The loss or alpha stopped being a number in epoch 2."):
        search._run_epoch()


def test_an_alpha_that_is_no_number_is_no_architecture():
    search = search_of(epochs=1, steps_per_epoch=1)
    search.method.alpha_gradient = lambda *_: [torch.full((6, 5), math.nan, dtype=torch.float64)]  # type: ignore
    with pytest.raises(Diverged, match="epoch 1"):
        search.run()


@pytest.mark.parametrize("stop", [1, 3, 4, 5, 7])
def test_a_search_that_was_stopped_ends_in_the_same_bits(stop):
    """Killed after any save, within an epoch or between two, and gone on with by a new process."""
    unbroken = search_of(epochs=2)
    unbroken.run()

    class Killed(Exception):
        pass

    saves = 0

    def kill() -> None:
        nonlocal saves
        saves += 1
        if saves == stop:
            raise Killed

    task = task_of(epochs=2)
    task.is_save_due, task.on_save = True, kill
    with pytest.raises(Killed):
        BilevelSearch(FirstOrderDarts(), task).run()
    again = FakeTask(task.settings, saved=task.saved)
    resumed = BilevelSearch(FirstOrderDarts(), again)
    resumed.run()
    expected = snapshot(unbroken)
    for name, tensor in snapshot(resumed).items():
        assert torch.equal(tensor, expected[name]), name
    together = task.logged + again.logged
    unbroken_task: Any = unbroken.task
    for ours, theirs in zip(together, unbroken_task.logged, strict=True):
        assert {k: v for k, v in ours.items() if k not in ("arrays", "epoch_seconds")} == {
            k: v for k, v in theirs.items() if k not in ("arrays", "epoch_seconds")
        }


def test_the_supernet_is_the_protocols():
    search = search_of(affine_candidates="true", affine_last="false", convolution_bias="true")
    norms = [each for each in search.supernet.modules() if isinstance(each, nn.BatchNorm2d)]
    assert any(norm.num_features == 12 and norm.affine for norm in norms)
    assert search.supernet.get_submodule("last.0").affine is False
    convolutions = [each for each in search.supernet.modules() if isinstance(each, nn.Conv2d)]
    assert any(each.bias is not None for each in convolutions)


def test_the_greatest_entropy_counts_the_operations_of_each_edge():
    """As on S1, whose edges offer one to three operations, or after a pruning."""
    masks = {
        "normal": np.array([[True, False, False], [True, True, True]]),
        "reduce": np.array([[False, True, True]]),
    }
    mixture = Mixture(weights={}, active=masks)
    assert greatest_entropy(mixture) == pytest.approx((math.log(3) + math.log(2)) / 3)
