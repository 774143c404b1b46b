"""The supernet by source, against one that is written edge by edge, and against real networks."""

from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.datasets import dataset
from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.nas_bench_201.architecture import EDGES, OPERATIONS, Architecture
from benchmarks.spaces.nas_bench_201.network import Network
from benchmarks.spaces.nas_bench_201.settings import SupernetSettings
from benchmarks.spaces.nas_bench_201.supernet import MixedCell, Supernet
from benchmarks.spaces.supernet_settings import SupernetVariant

CIFAR10 = dataset("cifar10")
EVERYTHING = np.ones((6, 5), dtype=bool)

SMALL: dict[str, Any] = {"channels": 8, "cells_per_stage": 1}
VARIANTS: list[dict[str, Any]] = [
    {},
    {"affine_candidates": True},
    {"track_running_stats": True, "affine_candidates": True},
    {"convolution_bias": True},
    {"partial": 4},
    {"partial": 2, "affine_candidates": True, "track_running_stats": True},
]


def split(partial: int = 1, **settings: Any) -> tuple[SupernetSettings, SupernetVariant]:
    return SupernetSettings(**settings), SupernetVariant(partial=partial)


def supernet_of(seed: int = 0, **options) -> Supernet:
    rng = torch.Generator().manual_seed(seed)
    return Supernet(CIFAR10, *split(**options), rng)


def mixture_of(weights: Tensor, active=EVERYTHING, edges: Tensor | None = None) -> Mixture:
    factors = None if edges is None else {"cell": edges}
    return Mixture({"cell": weights}, {"cell": active}, factors)


@pytest.mark.parametrize(
    ("options", "total", "batch_norm"),
    [
        ({}, 1_686_106, 544),
        ({"convolution_bias": True}, 1_692_826, 544),
        ({"convolution_bias": True, "affine_last": False}, 1_692_698, 416),
        ({"affine_candidates": True}, 1_699_546, 13_984),
        ({"partial": 4}, 174_106, 544),
        ({"partial": 4, "affine_candidates": True}, 177_466, 3_904),
    ],
)
def test_parameters_of_the_published_supernets(options, total, batch_norm):
    supernet = supernet_of(**options)
    assert sum(parameter.numel() for parameter in supernet.parameters()) == total
    normalising = [each for each in supernet.modules() if isinstance(each, nn.BatchNorm2d)]
    counted = sum(parameter.numel() for each in normalising for parameter in each.parameters())
    assert counted == batch_norm
    # Every BatchNorm: stem, two residual blocks, last; and two operations on six edges of 15 cells.
    outside, candidates = 16 + 2 * 32 + 2 * 64 + 64, 5 * 6 * 2 * (16 + 32 + 64)
    channels = sum(each.num_features for each in normalising)
    assert channels == outside + candidates // options.get("partial", 1)


def plain_cell(
    cell: MixedCell,
    features: Tensor,
    weights: Tensor,
    active: np.ndarray,
    factors: Tensor | None,
    partial: int,
) -> Tensor:
    """Edge by edge, operation by operation, channel by channel: what the fast one has to equal."""
    width = features.shape[1] // partial
    nodes = [features]
    for target in (1, 2, 3):
        total = torch.zeros_like(features)
        for number, (source, end) in enumerate(EDGES):
            if end != target:
                continue
            part = nodes[source][:, :width]
            mixed = torch.zeros_like(part)
            for column, operation in enumerate(OPERATIONS):
                if active[number, column]:
                    output = plain_operation(cell, operation, source, target, part)
                    mixed = mixed + weights[number, column] * output
            joined = torch.cat([mixed, nodes[source][:, width:]], dim=1)
            shuffled = torch.empty_like(joined)
            for channel in range(joined.shape[1]):
                group, place = divmod(channel, width)
                shuffled[:, place * partial + group] = joined[:, channel]
            total = total + (1.0 if factors is None else factors[number]) * shuffled
        nodes.append(total)
    return nodes[3]


def plain_operation(
    cell: MixedCell, operation: str, source: int, target: int, features: Tensor
) -> Tensor:
    if operation == "none":
        return torch.zeros_like(features)
    if operation == "skip_connect":
        return features
    if operation == "avg_pool_3x3":
        return functional.avg_pool2d(features, 3, 1, 1, count_include_pad=False)
    packed = cell.convolutions(source, operation)
    rows = slice((target - source - 1) * features.shape[1], (target - source) * features.shape[1])
    convolution, norm = packed.convolution, packed.batch_norm
    output = functional.conv2d(
        features.relu(),
        convolution.weight[rows],
        None if convolution.bias is None else convolution.bias[rows],
        padding=convolution.weight.shape[-1] // 2,
    )
    is_affine, is_training = norm.weight is not None, packed.training or norm.running_mean is None
    return functional.batch_norm(
        output,
        None if norm.running_mean is None else norm.running_mean[rows].clone(),
        None if norm.running_var is None else norm.running_var[rows].clone(),
        norm.weight[rows] if is_affine else None,
        norm.bias[rows] if is_affine else None,
        training=is_training,
    )


def random_cell(options: dict, seed: int = 3) -> MixedCell:
    """A cell in float64 whose every parameter and statistic is random."""
    torch.manual_seed(seed)
    cell = MixedCell(8, *split(**SMALL, **options)).double()
    cell.initialise(torch.Generator().manual_seed(seed))
    for name, tensor in cell.state_dict().items():
        if "batch_norm" in name and tensor.dtype.is_floating_point:
            tensor.copy_(torch.rand_like(tensor) + 0.5)
    return cell


@pytest.mark.parametrize("options", VARIANTS)
@pytest.mark.parametrize("training", [True, False])
@pytest.mark.parametrize("with_factors", [True, False])
@pytest.mark.parametrize("share", [1.0, 0.5])
def test_by_source_equals_edge_by_edge(options, training, with_factors, share):
    """Values and all gradients, to rounding in float64."""
    cell = random_cell(options).train(training)
    features = torch.randn(3, 8, 5, 5, dtype=torch.float64, requires_grad=True)
    weights = torch.rand(6, 5, dtype=torch.float64, requires_grad=True)
    factors = torch.rand(6, dtype=torch.float64, requires_grad=True) if with_factors else None
    active = np.random.default_rng(1).random((6, 5)) < share
    outputs = torch.randn(3, 8, 5, 5, dtype=torch.float64)
    inputs = [features, weights, *([factors] if factors is not None else []), *cell.parameters()]

    expected = plain_cell(cell, features, weights, active, factors, options.get("partial", 1))
    wanted = torch.autograd.grad((expected * outputs).sum(), inputs, allow_unused=True)
    found = cell(features, weights, active, factors)
    gradients = torch.autograd.grad((found * outputs).sum(), inputs, allow_unused=True)

    torch.testing.assert_close(found, expected, rtol=1e-11, atol=1e-11)
    for gradient, want in zip(gradients, wanted, strict=True):
        zeros = torch.zeros(()) if want is None else torch.zeros_like(want)
        torch.testing.assert_close(
            zeros if gradient is None else gradient, zeros if want is None else want,
            rtol=1e-10, atol=1e-10, check_dtype=False,
        )  # fmt: skip


def test_running_statistics_are_those_of_each_edge():
    """Also where only some of the edges are computed; the others' statistics stand still."""
    whole, partly = (random_cell({"track_running_stats": True}).train() for _ in range(2))
    features = torch.randn(3, 8, 5, 5, dtype=torch.float64)
    weights = torch.rand(6, 5, dtype=torch.float64)
    active = EVERYTHING.copy()
    active[1] = False  # edge 0 -> 2, the second that leaves the input
    before = whole.convolutions(0, "nor_conv_3x3").batch_norm.running_mean.clone()  # type: ignore[union-attr]
    whole(features, weights, EVERYTHING, None)
    partly(features, weights, active, None)
    for operation in ("nor_conv_1x1", "nor_conv_3x3"):
        first = whole.convolutions(0, operation).batch_norm.running_mean
        second = partly.convolutions(0, operation).batch_norm.running_mean
        assert first is not None
        assert second is not None
        torch.testing.assert_close(first[:8], second[:8])
        torch.testing.assert_close(first[16:], second[16:])
        assert not torch.allclose(first[8:16], second[8:16])
    after = partly.convolutions(0, "nor_conv_3x3").batch_norm.running_mean
    assert after is not None
    torch.testing.assert_close(after[8:16], before[8:16])


def test_what_is_not_active_is_not_computed():
    """Its weights are not numbers, and neither is its share of the mixture."""
    cell = random_cell({}).train()
    active = EVERYTHING.copy()
    active[:, OPERATIONS.index("nor_conv_3x3")] = False
    for source in range(3):
        nn.init.constant_(
            cell.convolutions(source, "nor_conv_3x3").convolution.weight, float("nan")
        )
    weights = torch.rand(6, 5, dtype=torch.float64)
    weights[:, OPERATIONS.index("nor_conv_3x3")] = float("nan")
    features = torch.randn(2, 8, 4, 4, dtype=torch.float64)
    assert cell(features, weights, active, None).isfinite().all()


def network_with_weights_of(supernet: Supernet, architecture: Architecture) -> Network:
    """The stand-alone network of an architecture, with the supernet's weights."""
    network = Network(architecture, CIFAR10, torch.Generator(), **SMALL)
    state = network.state_dict()
    for name, tensor in supernet.state_dict().items():
        if name in state and "stages" not in name:
            state[name].copy_(tensor)
    for number, cell in enumerate(supernet.mixed_cells()):
        for edge, ((source, target), operation) in enumerate(
            zip(EDGES, architecture.operations, strict=True)
        ):
            if operation not in ("nor_conv_1x1", "nor_conv_3x3"):
                continue
            packed, place = cell.convolutions(source, operation), target - source - 1
            own = f"stages.{number}.0.edges.{edge}"
            parts = {f"{own}.1.weight": packed.convolution.weight}
            for name in ("weight", "bias", "running_mean", "running_var"):
                parts[f"{own}.2.{name}"] = getattr(packed.batch_norm, name)
            for name, tensor in parts.items():
                share = tensor.unflatten(0, (3 - source, -1))[place]
                state[name].copy_(share)
    return network


@pytest.mark.parametrize("index", [0, 284, 1462, 1651, 1835, 2211, 6111, 9930])
@pytest.mark.parametrize("training", [True, False])
def test_a_one_hot_mixture_is_the_stand_alone_network(index, training):
    architecture = Architecture.from_index(index)
    supernet = supernet_of(**SMALL, affine_candidates=True, track_running_stats=True).double()
    network = network_with_weights_of(supernet, architecture).double()
    weights = torch.zeros(6, 5, dtype=torch.float64)
    for edge, operation in enumerate(architecture.operations):
        weights[edge, OPERATIONS.index(operation)] = 1
    images = torch.randn(4, 3, 32, 32, dtype=torch.float64)
    expected = network.train(training)(images)
    supernet.train(training)
    everything = supernet(images, mixture_of(weights))
    only_those = supernet(images, mixture_of(weights, weights.numpy() > 0))
    torch.testing.assert_close(everything, expected, rtol=1e-9, atol=1e-9)
    torch.testing.assert_close(only_those, expected, rtol=1e-9, atol=1e-9)


def test_each_cell_may_have_weights_of_its_own():
    supernet = supernet_of(**SMALL).double()
    images = torch.randn(4, 3, 32, 32, dtype=torch.float64)
    shared = torch.rand(6, 5, dtype=torch.float64)
    same = supernet(images, mixture_of(shared.expand(3, 6, 5)))
    torch.testing.assert_close(same, supernet(images, mixture_of(shared)))
    other = torch.stack([shared, shared.flip(0), shared])
    assert not torch.allclose(supernet(images, mixture_of(other)), same)


def test_weights_are_drawn_edge_by_edge():
    """An edge's weights do not depend on what they are packed with."""
    cell = MixedCell(8, *split(**SMALL))
    cell.initialise(torch.Generator().manual_seed(0))
    rng = torch.Generator().manual_seed(0)
    for source, target in EDGES:
        for operation, side in (("nor_conv_1x1", 1), ("nor_conv_3x3", 3)):
            bound = (8 * side * side) ** -0.5
            expected = torch.empty(8, 8, side, side).uniform_(-bound, bound, generator=rng)
            packed = cell.convolutions(source, operation).convolution.weight
            found = packed.unflatten(0, (3 - source, 8))[target - source - 1]
            assert torch.equal(found, expected)


def test_weights_are_a_function_of_the_generator_alone():
    first, second = (supernet_of(**SMALL).state_dict() for _ in range(2))
    assert all(torch.equal(first[name], second[name]) for name in first)


def test_channels_that_do_not_divide():
    with pytest.raises(ValueError, match="channels = 18 is not divisible by partial = 4"):
        supernet_of(channels=18, partial=4)
