"""The stand-alone network: the closed forms of its size, and what its cell computes."""

import numpy as np
import pytest
import torch
from torch import nn

from benchmarks.datasets import DATASETS, Dataset, dataset
from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201 as space
from benchmarks.spaces.nas_bench_201.architecture import EDGES, Architecture
from benchmarks.spaces.nas_bench_201.network import Cell, Network

_draws = np.random.default_rng(5)
SAMPLE = [0, 284, 1462, 1651, 1835, 2211, *map(int, _draws.integers(15_625, size=6))]


def network_of(index: int, name: str = "cifar10", seed: int = 0, **options) -> Network:
    rng = torch.Generator().manual_seed(seed)
    return Network(Architecture.from_index(index), dataset(name), rng, **options)


def counted_macs(network: nn.Module, side: int) -> int:
    """Multiply-accumulates counted in a real forward pass; a bias is one for each output."""
    total = 0

    def count(module, inputs, output):
        nonlocal total
        total += output.numel() * module.weight[0].numel()
        total += output.numel() if module.bias is not None else 0

    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            module.register_forward_hook(count)
    with torch.no_grad():
        network.eval()(torch.zeros(1, 3, side, side))
    return total


@pytest.mark.parametrize("index", SAMPLE)
@pytest.mark.parametrize("name", DATASETS)
def test_the_closed_forms_are_those_of_the_network(index, name):
    network, architecture = network_of(index, name), Architecture.from_index(index)
    parameters = sum(parameter.numel() for parameter in network.parameters())
    assert parameters == space.parameters(architecture, name)
    assert counted_macs(network, DATASETS[name].side) == space.macs(architecture, name)


def test_the_closed_forms_follow_width_depth_and_small_images():
    architecture, digits = Architecture.from_index(1462), DATASETS["digits"]
    size = {"channels": 8, "cells_per_stage": 1}
    network = Network(architecture, digits, torch.Generator(), **size)
    counted = sum(parameter.numel() for parameter in network.parameters())
    assert counted == space.parameters(architecture, "digits", **size)
    assert counted_macs(network, 8) == space.macs(architecture, "digits", **size)


@pytest.mark.parametrize("index", [0, 1462, 6111])
def test_a_cell_is_the_sum_of_its_edges_node_by_node(index):
    architecture = Architecture.from_index(index)
    torch.manual_seed(0)
    cell = Cell(architecture.operations, 4).double().eval()
    features = torch.randn(2, 4, 6, 6, dtype=torch.float64)
    edges = dict(zip(EDGES, zip(architecture.operations, cell.edges, strict=True), strict=True))

    def node(target: int) -> torch.Tensor:
        if target == 0:
            return features
        incoming = [
            edges[source, target][1](node(source))
            for source in range(target)
            if edges[source, target][0] != "none"
        ]
        return torch.stack(incoming).sum(dim=0)

    torch.testing.assert_close(cell(features), node(3), rtol=1e-12, atol=1e-12)


def test_pooling_does_not_count_the_border():
    """A constant stays constant, which it would not if zeros around it were averaged in."""
    operations = ("avg_pool_3x3", "none", "none", "none", "skip_connect", "none")
    output = Cell(operations, 2)(torch.ones(1, 2, 5, 5))
    torch.testing.assert_close(output, torch.ones(1, 2, 5, 5))


def test_a_disconnected_cell_is_zero():
    cell = Cell(Architecture.from_index(1651).operations, 2)
    assert not cell(torch.randn(1, 2, 4, 4)).any()


def test_weights_are_a_function_of_the_generator_alone():
    torch.manual_seed(1)
    first = network_of(6111).state_dict()
    torch.manual_seed(2)
    second = network_of(6111).state_dict()
    assert all(torch.equal(first[name], second[name]) for name in first)
    other = network_of(6111, seed=1).state_dict()
    assert not torch.equal(first["classifier.weight"], other["classifier.weight"])


def test_weights_are_spread_as_pytorch_spreads_them():
    ours = network_of(1462).get_parameter("stages.2.0.edges.0.1.weight")
    theirs = nn.Conv2d(64, 64, 3, padding=1, bias=False).weight
    bound = 1 / (64 * 9) ** 0.5
    assert ours.abs().max() <= bound
    assert theirs.abs().max() <= bound
    assert ours.std().item() == pytest.approx(theirs.std().item(), rel=0.02)


def test_a_smaller_network():
    network = network_of(0, channels=4, cells_per_stage=1)
    assert network(torch.randn(2, 3, 32, 32)).shape == (2, 10)
    assert sum(isinstance(module, Cell) for module in network.modules()) == 3


def test_a_side_that_cannot_be_halved_twice_is_refused():
    odd = Dataset("odd", classes=3, side=10)
    with pytest.raises(UserError, match="a multiple of 4"):
        space.network(Architecture.from_index(0), odd, torch.Generator())
