"""RF-DARTS and RF-PCDARTS: what is random stays so, bit for bit."""

import math

import pytest
import torch
from torch import nn

from harness.contract.fake_task import FakeTask, settings_of
from methods.differentiable.search import BilevelSearch
from methods.rf_darts import RfDarts
from methods.rf_pcdarts import RfPcDarts
from tests.methods.dispatched import Convolutions

BOTH = pytest.mark.parametrize("method", [RfDarts, RfPcDarts], ids=lambda each: each.name)


def search_of(method, **changes) -> BilevelSearch:
    return BilevelSearch(method(), FakeTask(settings_of(method, **changes)))


def trained(search: BilevelSearch) -> int:
    return sum(each.numel() for each in search.weights)


@pytest.mark.parametrize(("method", "count"), [(RfDarts, 13_984), (RfPcDarts, 3_904)])
def test_the_published_supernet_trains_so_many_numbers(method, count):
    """docs/protocols.md, section 5.2: the scale and shift of all 186 BatchNorm layers."""
    search = search_of(method, channels=16, cells_per_stage=5)
    assert trained(search) == count
    norms = [each for each in search.supernet.modules() if isinstance(each, nn.BatchNorm2d)]
    assert sum(each.weight.numel() + each.bias.numel() for each in norms) == count
    optimised = [each for g in search.weight_optimizer.param_groups for each in g["params"]]
    assert sum(each.numel() for each in optimised) == count


@BOTH
@pytest.mark.parametrize("train_classifier", ["false", "true"])
def test_what_is_frozen_is_bit_equal_after_training(method, train_classifier):
    search = search_of(
        method, epochs=1, steps_per_epoch=3, train_classifier=train_classifier, warmup_fraction=0
    )
    before = {name: each.detach().clone() for name, each in search.supernet.named_parameters()}
    search.run()
    after = dict(search.supernet.named_parameters())
    frozen = {name for name, each in after.items() if torch.equal(each, before[name])}
    named = dict(search.supernet.named_modules())
    is_frozen = nn.Conv2d if train_classifier == "true" else nn.Conv2d | nn.Linear
    assert frozen == {
        name for name in before if isinstance(named[name.rpartition(".")[0]], is_frozen)
    }
    assert all(after[name].grad is None for name in frozen)


@BOTH
def test_no_gradient_of_a_convolutions_weight_is_computed(method):
    search = search_of(method, epochs=1, steps_per_epoch=2, warmup_fraction=0)
    with Convolutions() as seen:
        search.run()
    assert seen.backward > 0
    assert seen.of_weights == 0


@BOTH
def test_the_classifier_is_a_switch(method):
    off = search_of(method, train_classifier="false")
    on = search_of(method, train_classifier="true")
    classifier = off.supernet.get_submodule("classifier")
    assert trained(on) - trained(off) == sum(each.numel() for each in classifier.parameters())


@BOTH
def test_weight_decay_on_batch_norm_is_a_switch(method):
    decaying = search_of(method, decay_batch_norm="true", train_classifier="true")
    assert [each["weight_decay"] for each in decaying.weight_optimizer.param_groups] == [5e-4]
    plain = search_of(method, decay_batch_norm="false", train_classifier="true")
    of_classifier, of_norms = plain.weight_optimizer.param_groups
    assert (of_classifier["weight_decay"], of_norms["weight_decay"]) == (5e-4, 0.0)
    linear = list(plain.supernet.get_submodule("classifier").parameters())
    assert [id(each) for each in of_classifier["params"]] == [id(each) for each in linear]
    plain._run_epoch()
    assert of_norms["lr"] == of_classifier["lr"] == 0.025


def test_a_scale_without_gradient_shrinks_only_where_it_decays():
    for switch, shrinks in (("true", True), ("false", False)):
        search = search_of(RfDarts, decay_batch_norm=switch)
        for weight in search.weights:
            weight.grad = torch.zeros_like(weight)
        search.weight_optimizer.step()
        norm = search.supernet.get_submodule("last.0")
        assert isinstance(norm, nn.BatchNorm2d)
        assert (norm.weight < 1).all().item() is shrinks


@BOTH
def test_random_weights_are_kaiming_or_pytorchs(method):
    """He et al.: variance 2 / fan_out, of each edge's convolution by itself."""
    sizes = {"channels": 16, "cells_per_stage": 2}
    kaiming = search_of(method, **sizes).supernet
    default = search_of(method, convolution_init="pytorch_default", **sizes).supernet
    for name, module in kaiming.named_modules():
        if not isinstance(module, nn.Conv2d) or module.weight.numel() < 1000:
            continue
        edges = module.out_channels // module.in_channels if name.startswith("cells") else 1
        side = module.kernel_size[0]
        fan_out = module.out_channels // edges * side**2
        expected = math.sqrt(2 / fan_out)
        assert module.weight.std().item() == pytest.approx(expected, rel=0.08), name
        assert module.weight.abs().max() > 2.5 * expected  # a normal's tail
        other = default.get_submodule(name)
        assert isinstance(other, nn.Conv2d)
        bound = 1 / math.sqrt(module.in_channels * side**2)
        assert 0.95 * bound < other.weight.abs().max() <= bound, name
    linear = kaiming.get_submodule("classifier")
    assert isinstance(linear, nn.Linear)
    assert linear.weight.abs().max() <= 1 / math.sqrt(linear.in_features)


def test_rf_pcdarts_is_both():
    search = search_of(RfPcDarts)
    assert search.mixture().edges is not None
    assert search.method.variant(search.settings).partial == 4
    assert not search.method.alpha_trains(search)
    search.epoch = 15
    assert search.method.alpha_trains(search)
    norms = [each for each in search.supernet.modules() if isinstance(each, nn.BatchNorm2d)]
    assert trained(search) == sum(each.weight.numel() + each.bias.numel() for each in norms)
