"""What the plug-ins of the hooks compute, against what is written in their papers."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor

from benchmarks.spaces import SPACES
from benchmarks.spaces.mixture import Mixture
from harness.contract import checks
from harness.contract.fake_task import FakeTask, settings_of
from methods.darts import SecondOrderDarts
from methods.differentiable.search import BilevelSearch
from methods.differentiable.step import Step
from tests.methods.plugins.gumbel import Gumbel
from tests.methods.plugins.penalised import Penalised
from tests.methods.plugins.perturbed import Perturbed
from tests.methods.plugins.staged import Staged


def search_of(method: Any, space: str = "nas-bench-201", **changes: Any) -> BilevelSearch:
    settings = settings_of(method, space, **{"alpha_init_scale": 0.5, "epochs": 10, **changes})
    return BilevelSearch(method(), FakeTask(settings, space=SPACES[space]))


def batches_of(search: BilevelSearch) -> Any:
    return [search.next_batch(split) for split in ("search_train", "search_valid")]


def step_of(search: BilevelSearch) -> Step:
    return Step("alpha", lambda _: pytest.fail("no loss is asked for"), search.task.generator)


@pytest.mark.parametrize("method", [Gumbel, Perturbed, Staged, Penalised])
def test_they_search_nas_bench_201_as_well(method):
    checks.finds_an_architecture(method)
    checks.resumes_after_a_kill(method)


def test_operations_are_sampled_as_often_as_they_weigh():
    """The Gumbel trick: the sample's distribution is the softmax of alpha."""
    search, counts = search_of(Gumbel), np.zeros((6, 5))
    for _ in range(2000):
        counts += search.method.mixture(search, step_of(search)).active["cell"]
    expected = search.method.weights(search).weights["cell"].detach().numpy()
    assert np.abs(counts / 2000 - expected).max() < 4.5 * math.sqrt(0.25 / 2000)


def test_the_gradient_goes_straight_through_the_sample():
    """It is the loss's by the sample's weights, times the derivative of the softmax with noise."""
    search = search_of(Gumbel)
    _, batch = batches_of(search)
    step, alpha = step_of(search), search.parameters["alpha"]["cell"]
    mixture = search.method.mixture(search, step)
    (found,) = torch.autograd.grad(search.loss("search_valid", batch, mixture), alpha)
    noise = step.drawn("noise cell", lambda _: pytest.fail("the noise has not been drawn"))
    soft = (alpha + noise).softmax(dim=1)
    sample = mixture.weights["cell"].detach().requires_grad_()
    loss = search.loss("search_valid", batch, Mixture({"cell": sample}, mixture.active))
    (of_sample,) = torch.autograd.grad(loss, sample)
    (expected,) = torch.autograd.grad(soft, alpha, of_sample)
    torch.testing.assert_close(found, expected)
    assert found.norm() > 1e-4


@pytest.mark.parametrize("space", ["nas-bench-201", "small-cells"])
def test_the_perturbation_grows_with_the_epochs(space, examples):
    """As far as the largest of 30 or 40 uniform numbers tells."""
    search = search_of(Perturbed, space, last_epsilon=0.5)
    plain, (train, _) = search.method.weights(search).weights, batches_of(search)
    for epoch in (0, 2, 5, 9):
        search.epoch = epoch
        seen: list[Any] = []
        hook = search.supernet.register_forward_pre_hook(
            lambda module, positional, named, seen=seen: seen.append(named["mixture"].weights),
            with_kwargs=True,
        )
        search.step_weights(train)
        hook.remove()
        largest = max((seen[0][each] - plain[each]).abs().max().item() for each in plain)
        assert 0.8 * 0.05 * epoch <= largest <= 0.05 * epoch


def test_operations_that_a_stage_leaves_out_are_not_computed(examples):
    search = search_of(Staged, "small-cells", epochs=2, steps_per_epoch=1)
    computed: set[str] = set()
    for name, module in search.supernet.named_modules():
        if name.rpartition(".")[0].endswith(".operations"):
            module.register_forward_hook(lambda *_, name=name: computed.add(name))
    search.epoch = 1
    search.run()
    expected = {
        f"cells.{cell}.edges.{row}.operations.{operation}"
        for cell, (name, each) in enumerate(search.task.space.cell_types.items())
        for row, edge in enumerate(each.edges)
        for column, operation in enumerate(edge.operations)
        if operation != "none" and search.stage.active[name][row, column]
    }
    assert computed == expected
    assert len(expected) <= 20  # of 30


class UnrolledPenalised(Penalised, SecondOrderDarts):
    host = "darts-2nd"

    @dataclass(frozen=True, kw_only=True)
    class Settings(Penalised.Settings, SecondOrderDarts.Settings):
        pass


def penalty_of(search: BilevelSearch) -> Tensor:
    """Written out, for the weight that the settings have by default."""
    alpha = search.parameters["alpha"]["cell"]
    return 50 * search.progress * alpha.exp().sum(dim=1).log().mean()


def loss_after_a_step(search: BilevelSearch, train: Any, valid: Any) -> float:
    """The validation loss where one plain step of the weights leads; they are put back."""
    before = [each.detach().clone() for each in search.weights]
    with torch.no_grad():
        mixture = search.method.weights(search)
    loss = search.loss("search_train", train, mixture)
    steps = torch.autograd.grad(loss, search.weights)
    group = search.weight_optimizer.param_groups[0]
    with torch.no_grad():
        for weight, step in zip(search.weights, steps, strict=True):
            weight -= group["lr"] * (step + group["weight_decay"] * weight)
        found = search.loss("search_valid", valid, mixture).item()
        for weight, former in zip(search.weights, before, strict=True):
            weight.copy_(former)
    return found


@pytest.mark.parametrize("method", [Penalised, UnrolledPenalised])
def test_alphas_gradient_is_that_of_loss_and_penalty(method):
    """Central differences in float64 of their sum, every entry of alpha."""
    unrolled = method is UnrolledPenalised
    search = search_of(method, **({"hessian": "exact"} if unrolled else {}))
    search.epoch = 3
    search.weight_optimizer.param_groups[0]["lr"] = 0.3  # where the second order matters
    train, valid = batches_of(search)
    alpha, distance = search.parameters["alpha"]["cell"], 1e-6

    def value() -> float:
        if unrolled:
            return loss_after_a_step(search, train, valid) + penalty_of(search).item()
        with torch.no_grad():
            loss = search.loss("search_valid", valid, search.method.weights(search))
            return (loss + penalty_of(search)).item()

    expected = torch.zeros_like(alpha)
    for entry in np.ndindex(*alpha.shape):
        sides = []
        for sign in (1, -1):
            with torch.no_grad():
                alpha[entry] += sign * distance
            sides.append(value())
            with torch.no_grad():
                alpha[entry] -= sign * distance
        expected[entry] = (sides[0] - sides[1]) / (2 * distance)
    (found,) = search.method.alpha_gradient(search, train, valid)
    torch.testing.assert_close(found, expected.detach(), rtol=1e-4, atol=1e-7)
    (of_penalty,) = torch.autograd.grad(penalty_of(search), alpha)
    assert (found - of_penalty).norm() > 1e-3  # nor is the loss left out
