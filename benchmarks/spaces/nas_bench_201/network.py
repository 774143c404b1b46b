"""The stand-alone network of a NAS-Bench-201 architecture.

Dong and Yang, ICLR 2020, section 2.1: a stem, three stages of N cells with C, 2C and 4C channels,
a residual block of stride 2 between stages, and a classifier on the global average. Convolutions
have no bias; every BatchNorm is affine with running statistics.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from benchmarks.datasets import Dataset
from benchmarks.spaces.initialisation import initialise
from benchmarks.spaces.nas_bench_201.architecture import EDGES, Architecture
from benchmarks.spaces.nas_bench_201.cost import CELLS_PER_STAGE, CHANNELS


class Network(nn.Module):
    """A network that maps images (batch, 3, side, side) to logits (batch, classes).

    Args:
        architecture: the cell, repeated throughout the network.
        dataset: determines the number of classes.
        rng: draws the initial weights, module by module in the network's order.
        channels: C, the width of the first stage.
        cells_per_stage: N.
    """

    def __init__(
        self,
        architecture: Architecture,
        dataset: Dataset,
        rng: torch.Generator,
        *,
        channels: int = CHANNELS,
        cells_per_stage: int = CELLS_PER_STAGE,
    ):
        super().__init__()
        self.stem = nn.Sequential(_convolution(3, channels, 3), nn.BatchNorm2d(channels))
        self.stages = nn.ModuleList()
        self.reductions = nn.ModuleList()
        for stage in range(3):
            width = channels * 2**stage
            if stage:
                self.reductions.append(ResidualBlock(width // 2, width))
            cells = [Cell(architecture.operations, width) for _ in range(cells_per_stage)]
            self.stages.append(nn.Sequential(*cells))
        self.last = nn.Sequential(nn.BatchNorm2d(4 * channels), nn.ReLU())
        self.classifier = nn.Linear(4 * channels, dataset.classes)
        initialise(self, rng)

    def forward(self, images: Tensor) -> Tensor:
        """Compute the logits of a batch of images."""
        features = self.stages[0](self.stem(images))
        for reduction, stage in zip(self.reductions, self.stages[1:], strict=True):
            features = stage(reduction(features))
        return self.classifier(self.last(features).mean(dim=(2, 3)))


class Cell(nn.Module):
    """Four nodes, each the sum of its incoming edges; the last one is the output."""

    def __init__(self, operations: Sequence[str], channels: int):
        super().__init__()
        self.edges = nn.ModuleList(
            _OPERATIONS[operation](channels) if operation in _OPERATIONS else nn.Identity()
            for operation in operations
        )
        self._is_none = [operation == "none" for operation in operations]

    def forward(self, features: Tensor) -> Tensor:
        """Map features (batch, channels, side, side) to the same shape."""
        nodes = [features, *[torch.zeros_like(features)] * 3]
        for (source, target), edge, is_none in zip(EDGES, self.edges, self._is_none, strict=True):
            if not is_none:
                nodes[target] = nodes[target] + edge(nodes[source])
        return nodes[-1]


class ResidualBlock(nn.Module):
    """The block between two stages, which halves the side and doubles the channels."""

    def __init__(self, channels_in: int, channels: int):
        super().__init__()
        self.main = nn.Sequential(
            _relu_convolution_batch_norm(channels_in, channels, 3, stride=2),
            _relu_convolution_batch_norm(channels, channels, 3),
        )
        # The shortcut gets the raw features, neither activated nor normalised.
        self.shortcut = nn.Sequential(
            nn.AvgPool2d(2, stride=2), _convolution(channels_in, channels, 1)
        )

    def forward(self, features: Tensor) -> Tensor:
        """Map (batch, C_in, side, side) to (batch, C, side / 2, side / 2)."""
        return self.main(features) + self.shortcut(features)


def _convolution(channels_in: int, channels: int, side: int, stride: int = 1) -> nn.Conv2d:
    return nn.Conv2d(channels_in, channels, side, stride, padding=side // 2, bias=False)


def _relu_convolution_batch_norm(
    channels_in: int, channels: int, side: int, stride: int = 1
) -> nn.Sequential:
    convolution = _convolution(channels_in, channels, side, stride)
    return nn.Sequential(nn.ReLU(), convolution, nn.BatchNorm2d(channels))


_OPERATIONS = {
    "nor_conv_1x1": lambda channels: _relu_convolution_batch_norm(channels, channels, 1),
    "nor_conv_3x3": lambda channels: _relu_convolution_batch_norm(channels, channels, 3),
    "avg_pool_3x3": lambda _: nn.AvgPool2d(3, stride=1, padding=1, count_include_pad=False),
}
"""Builders of the operations other than `none` and `skip_connect`, by number of channels."""
