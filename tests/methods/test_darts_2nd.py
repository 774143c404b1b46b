"""DARTS of second order: its gradient against autograd through the step, in float64."""

import pytest
import torch
from torch import Tensor, nn

from benchmarks.datasets import DATASETS
from harness.contract.fake_task import FakeTask, settings_of
from methods.darts import SecondOrderDarts
from methods.differentiable import gradients
from methods.differentiable.method import BilevelMethod
from methods.differentiable.search import BilevelSearch
from methods.differentiable.state import Batch
from tests.methods.dispatched import Convolutions

XI = 0.3  # a learning rate at which the second term matters


def started(**changes) -> tuple[BilevelSearch, Batch, Batch]:
    """A search after three steps of its weights, so that they have momentum; and two batches."""
    settings = settings_of(
        SecondOrderDarts, alpha_init_scale=0.5, weight_decay=0.05, weight_clip=0, **changes
    )
    search = BilevelSearch(SecondOrderDarts(), FakeTask(settings))
    train, valid = (search.next_batch(part) for part in ("search_train", "search_valid"))
    for _ in range(3):
        search.step_weights(search.next_batch("search_train"))
    search.weight_optimizer.param_groups[0]["lr"] = XI
    return search, train, valid


def through_the_step(search: BilevelSearch, train: Batch, valid: Batch) -> Tensor:
    """Equation 7's derivative by autograd alone: the step is part of the graph."""
    weights = dict(search.supernet.named_parameters())
    group = search.weight_optimizer.param_groups[0]

    def loss(parameters, batch):
        images, labels = batch
        buffers = {name: each.clone() for name, each in search.supernet.named_buffers()}
        logits = torch.func.functional_call(
            search.supernet, {**parameters, **buffers}, (images, search.mixture())
        )
        return nn.functional.cross_entropy(logits, labels)

    descent = torch.autograd.grad(loss(weights, train), list(weights.values()), create_graph=True)
    stepped = {}
    for (name, weight), gradient in zip(weights.items(), descent, strict=True):
        momentum = search.weight_optimizer.state[weight].get("momentum_buffer", 0.0)
        step = group["momentum"] * momentum + gradient + group["weight_decay"] * weight
        stepped[name] = weight - XI * step
    (found,) = torch.autograd.grad(loss(stepped, valid), search.alphas)
    return found


def gap(found: Tensor, expected: Tensor) -> float:
    return ((found - expected).norm() / expected.norm()).item()


@pytest.mark.parametrize(
    ("changes", "greatest"),
    [
        ({"hessian": "exact"}, 1e-11),
        ({"hessian": "finite_difference", "hessian_epsilon": 1e-6}, 1e-6),
    ],
)
def test_the_gradient_is_that_through_a_step_of_the_weights(changes, greatest):
    """With momentum and weight decay on.

    Differences of 1e-6, since those of 1e-4 and more, such as the papers' 0.01, may step over kinks
    of ReLU, where they are off by much more.
    """
    search, train, valid = started(**changes)
    expected = through_the_step(search, train, valid)
    (found,) = search.method.alpha_gradient(search, train, valid)
    assert gap(found, expected) < greatest
    (first,) = gradients.first_order(search, valid)
    assert gap(first, expected) > 0.1


def test_the_hessians_product_is_the_exact_one():
    """Both products alone, on a vector that is not the gradient of anything."""
    search, train, _ = started()
    rng = torch.Generator().manual_seed(1)
    vector = [torch.randn(each.shape, generator=rng).double() for each in search.weights]
    (exact,) = gradients.exact_product(search, train, vector)
    (difference,) = gradients.difference_product(search, train, vector, 1e-6)
    assert gap(difference, exact) < 1e-6
    (nothing,) = gradients.difference_product(
        search, train, [torch.zeros_like(each) for each in vector], 0.01
    )
    assert torch.equal(nothing, torch.zeros_like(nothing))


@pytest.mark.parametrize("missing", ["one", "all"])
def test_a_weight_without_momentum_counts_as_zero_for_itself_alone(missing):
    search, train, valid = started(hessian="exact")
    kept = through_the_step(search, train, valid)
    for weight in search.weights if missing == "all" else search.weights[:1]:
        search.weight_optimizer.state[weight].pop("momentum_buffer")
    expected = through_the_step(search, train, valid)
    (found,) = search.method.alpha_gradient(search, train, valid)
    assert gap(found, expected) < 1e-11
    assert gap(kept, expected) > 1e-3


def test_before_the_first_step_there_is_no_momentum_at_all():
    settings = settings_of(SecondOrderDarts, hessian="exact")
    search = BilevelSearch(SecondOrderDarts(), FakeTask(settings))
    train, valid = (search.next_batch(part) for part in ("search_train", "search_valid"))
    search.weight_optimizer.param_groups[0]["lr"] = XI
    (found,) = search.method.alpha_gradient(search, train, valid)
    assert not search.weight_optimizer.state_dict()["state"]
    assert gap(found, through_the_step(search, train, valid)) < 1e-11


@pytest.mark.parametrize("hessian", ["exact", "finite_difference"])
def test_the_supernet_is_left_as_it_was_bit_for_bit(hessian):
    """Weights, running statistics, momentum; and all weights can be trained again."""
    search, train, valid = started(hessian=hessian)
    before = {name: each.clone() for name, each in search.supernet.state_dict().items()}
    momentum = [
        search.weight_optimizer.state[each]["momentum_buffer"].clone() for each in search.weights
    ]
    search.step_alpha(train, valid)
    for name, tensor in search.supernet.state_dict().items():
        assert torch.equal(tensor, before[name]), name
    for weight, former in zip(search.weights, momentum, strict=True):
        assert torch.equal(search.weight_optimizer.state[weight]["momentum_buffer"], former)
    assert all(each.requires_grad for each in search.weights)


def test_weights_are_restored_when_a_pass_fails(monkeypatch):
    """As where the card's memory ends: the error must not leave another supernet behind."""
    search, train, valid = started()
    before = [each.detach().clone() for each in search.weights]
    passes = []
    plain = search.loss

    def failing(part, *rest, **options):
        passes.append(part)
        if len(passes) == 3:
            raise MemoryError
        return plain(part, *rest, **options)

    monkeypatch.setattr(search, "loss", failing)
    with pytest.raises(MemoryError):
        search.method.alpha_gradient(search, train, valid)
    assert all(torch.equal(*pair) for pair in zip(before, search.weights, strict=True))
    assert all(each.requires_grad for each in search.weights)


def test_the_passes_are_at_the_weights_of_equations_7_and_8(monkeypatch):
    """At w, at w', and on both sides of w, where the distance is epsilon in all."""
    search, train, valid = started()
    places, plain = [], search.loss
    before = [each.detach().clone() for each in search.weights]

    def watched(part, *rest, **options):
        moved = torch.cat([(w - b).flatten() for w, b in zip(search.weights, before, strict=True)])
        places.append((part, moved.detach()))
        return plain(part, *rest, **options)

    monkeypatch.setattr(search, "loss", watched)
    search.method.alpha_gradient(search, train, valid)
    parts = [part for part, _ in places]
    assert parts == ["search_train", "search_valid", "search_train", "search_train"]
    here, stepped, plus, minus = (moved for _, moved in places)
    assert here.norm() == 0
    assert stepped.norm() > 0.01
    assert plus.norm().item() == pytest.approx(0.01, rel=1e-6)
    assert torch.allclose(plus, -minus, atol=1e-12)


def test_four_passes_of_which_two_need_no_gradient_of_a_weight(monkeypatch):
    """Their weights are frozen, so that nothing is kept for a gradient that nobody wants."""
    search, train, valid = started()
    with Convolutions() as seen:
        search.loss("search_train", train, search.mixture(), counted=False)
    of_a_pass, trainable, plain = seen.forward, [], search.loss

    def watched(part, *rest, **options):
        trainable.append({each.requires_grad for each in search.weights})
        return plain(part, *rest, **options)

    monkeypatch.setattr(search, "loss", watched)
    with Convolutions() as seen:
        search.method.alpha_gradient(search, train, valid)
    assert seen.forward == 4 * of_a_pass
    assert seen.of_weights == 2 * of_a_pass
    assert trainable == [{True}, {True}, {False}, {False}]
    gradients.first_order(search, valid)
    assert trainable[4:] == [{False}]


def test_of_the_passes_only_the_validation_loss_is_counted():
    search, train, valid = started()
    search._totals.clear()
    search.method.alpha_gradient(search, train, valid)
    means = search._totals.means()
    assert means["search_train_loss"] != means["search_train_loss"]  # no batch, so not a number
    assert means["search_valid_loss"] > 0


def test_the_estimate_knows_that_it_takes_longer():
    settings = settings_of(SecondOrderDarts)
    first = BilevelMethod.expected_seconds(settings, "cpu", DATASETS["cifar10"])
    assert SecondOrderDarts.expected_seconds(settings, "cpu", DATASETS["cifar10"]) == 2.5 * first
