"""The supernet of NAS-Bench-201: every operation on every edge, weighted by a mixture.

A cell is computed by source node instead of by edge: a node's outgoing edges read the same
features, so their convolutions of one kind are merged into one with more output channels, ReLU and
pooling are computed once, and `none` costs nothing. The function is the same as edge by edge.
"""

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from benchmarks.datasets import Dataset
from benchmarks.spaces.initialisation import draw_weights, initialise
from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.nas_bench_201.architecture import EDGES, OPERATIONS
from benchmarks.spaces.nas_bench_201.network import ResidualBlock
from benchmarks.spaces.nas_bench_201.settings import SupernetSettings
from benchmarks.spaces.supernet_settings import ConvolutionInit, SupernetVariant

_CONVOLUTIONS = {"nor_conv_1x1": 1, "nor_conv_3x3": 3}
_NODES = 4


class Supernet(nn.Module):
    """A network that maps images (batch, 3, side, side) and a mixture to logits (batch, classes).

    Args:
        dataset: determines the number of classes.
        settings: size of the supernet, and how BatchNorm and convolutions are built.
        variant: what the method changes.
        rng: draws the initial weights.

    Raises:
        ValueError: `variant.partial` does not divide the channels.
    """

    def __init__(
        self,
        dataset: Dataset,
        settings: SupernetSettings,
        variant: SupernetVariant,
        rng: torch.Generator,
    ):
        super().__init__()
        channels = settings.channels
        self.stem = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )
        self.cells = nn.ModuleList()
        self.reductions = nn.ModuleList()
        for stage in range(3):
            width = channels * 2**stage
            if stage:
                self.reductions.append(ResidualBlock(width // 2, width))
            self.cells.extend(
                MixedCell(width, settings, variant) for _ in range(settings.cells_per_stage)
            )
        self.last = nn.Sequential(
            nn.BatchNorm2d(4 * channels, affine=settings.affine_last), nn.ReLU()
        )
        self.classifier = nn.Linear(4 * channels, dataset.classes)
        self._cells_per_stage = settings.cells_per_stage
        for module in (self.stem, self.reductions, self.classifier):
            initialise(module, rng, variant.convolution_init)
        for cell in self.mixed_cells():
            cell.initialise(rng)

    def mixed_cells(self) -> list["MixedCell"]:
        """Return the cells from input to output."""
        return [cell for cell in self.cells if isinstance(cell, MixedCell)]

    def forward(self, images: Tensor, mixture: Mixture) -> Tensor:
        """Compute the logits of a batch of images; the mixture's cell type is `cell`."""
        features = self.stem(images)
        weights, active = mixture.weights["cell"], mixture.active["cell"]
        factors = None if mixture.edges is None else mixture.edges["cell"]
        for number, cell in enumerate(self.cells):
            stage, place = divmod(number, self._cells_per_stage)
            if stage and not place:
                features = self.reductions[stage - 1](features)
            own = weights[number] if weights.ndim == 3 else weights
            computed = active[number] if active.ndim == 3 else active
            features = cell(features, own, computed, factors)
        return self.classifier(self.last(features).mean(dim=(2, 3)))


class MixedCell(nn.Module):
    """Four nodes, each the sum of its incoming edges' mixtures; the last one is the output."""

    def __init__(self, channels: int, settings: SupernetSettings, variant: SupernetVariant):
        super().__init__()
        self._partial = variant.partial
        self._width = width = variant.width(channels)
        self.sources = nn.ModuleList(
            nn.ModuleDict(
                {
                    operation: EdgeConvolutions(
                        width, _NODES - 1 - source, side, settings, variant.convolution_init
                    )
                    for operation, side in _CONVOLUTIONS.items()
                }
            )
            for source in range(_NODES - 1)
        )

    def initialise(self, rng: torch.Generator) -> None:
        """Draw edge by edge and operation by operation, however convolutions are merged."""
        for source, target in EDGES:
            for operation in _CONVOLUTIONS:
                self.convolutions(source, operation).initialise(target - source - 1, rng)

    def convolutions(self, source: int, operation: str) -> "EdgeConvolutions":
        """Return the convolutions of one kind on all outgoing edges of a node."""
        found = self.sources[source].get_submodule(operation)
        assert isinstance(found, EdgeConvolutions)
        return found

    def forward(
        self, features: Tensor, weights: Tensor, active: np.ndarray, factors: Tensor | None
    ) -> Tensor:
        """Map features (batch, C, side, side) to the same shape.

        Weights and active have shape (6, 5), factors (6,).
        """
        # By node: outputs of operations, and channels that bypass them (PC-DARTS).
        incoming: list[list[Tensor]] = [[], [], [], []]
        bypassing: list[list[Tensor]] = [[], [], [], []]
        node = features
        for source in range(_NODES - 1):
            if source:
                node = self._node(incoming[source], bypassing[source], features)
            partial = node[:, : self._width]
            edges = {
                target: number for number, (start, target) in enumerate(EDGES) if start == source
            }
            outputs = self._operations(source, partial, active[list(edges.values())])
            for place, (target, number) in enumerate(edges.items()):
                factor = 1.0 if factors is None else factors[number]
                for column, output in outputs[place].items():
                    incoming[target].append(factor * weights[number, column] * output)
                if self._partial > 1:
                    bypassing[target].append(factor * node[:, self._width :])
        return self._node(incoming[-1], bypassing[-1], features)

    def _operations(
        self, source: int, features: Tensor, active: np.ndarray
    ) -> list[dict[int, Tensor]]:
        """Compute the active operations by edge and column; active has shape (edges, 5)."""
        outputs: list[dict[int, Tensor]] = [{} for _ in active]
        activated = features.relu() if active[:, _columns_of(_CONVOLUTIONS)].any() else features
        for column, operation in enumerate(OPERATIONS):
            places = np.flatnonzero(active[:, column]).tolist()
            if not places or operation == "none":
                continue
            if operation in _CONVOLUTIONS:
                results = self.convolutions(source, operation)(activated, places)
            else:
                shared = features if operation == "skip_connect" else _average_pool(features)
                results = [shared] * len(places)
            for place, result in zip(places, results, strict=True):
                outputs[place][column] = result
        return outputs

    def _node(self, incoming: list[Tensor], bypassing: list[Tensor], like: Tensor) -> Tensor:
        """Sum the incoming outputs; with partial channels, concatenate and shuffle them."""
        shape = (like.shape[0], self._width, *like.shape[2:])
        processed = sum(incoming[1:], incoming[0]) if incoming else like.new_zeros(shape)
        if self._partial == 1:
            return processed
        whole = torch.cat([processed, sum(bypassing[1:], bypassing[0])], dim=1)
        # Channel shuffle with K groups: the j-th channel of every group, then the (j+1)-th.
        groups = whole.unflatten(1, (self._partial, -1))
        return groups.transpose(1, 2).flatten(1, 2)


class EdgeConvolutions(nn.Module):
    """Convolution and BatchNorm of all outgoing edges of a node, merged into one of each."""

    def __init__(
        self,
        channels: int,
        edges: int,
        side: int,
        settings: SupernetSettings,
        init: ConvolutionInit,
    ):
        super().__init__()
        bias = settings.convolution_bias
        self.convolution = nn.Conv2d(channels, edges * channels, side, padding=side // 2, bias=bias)
        self.batch_norm = nn.BatchNorm2d(
            edges * channels,
            affine=settings.affine_candidates,
            track_running_stats=settings.track_running_stats,
        )
        self._edges = edges
        self._init: ConvolutionInit = init

    def initialise(self, place: int, rng: torch.Generator) -> None:
        """Draw one edge's weights as if its convolution were separate."""
        weight, bias = self.convolution.weight, self.convolution.bias
        own_bias = None if bias is None else self._of_edge(bias, place)
        draw_weights(self._of_edge(weight, place), own_bias, rng, self._init)

    def forward(self, activated: Tensor, places: list[int]) -> list[Tensor]:
        """Compute the outputs of the edges at `places`, each shaped like the features."""
        if len(places) == self._edges:
            return list(self.batch_norm(self.convolution(activated)).chunk(self._edges, dim=1))
        return [self._on_edge(activated, place) for place in places]

    def _on_edge(self, activated: Tensor, place: int) -> Tensor:
        convolution, norm = self.convolution, self.batch_norm
        bias = None if convolution.bias is None else self._of_edge(convolution.bias, place)
        output = functional.conv2d(
            activated,
            self._of_edge(convolution.weight, place),
            bias,
            padding=convolution.padding,  # type: ignore[arg-type]  # a pair of integers
        )
        mean, variance = norm.running_mean, norm.running_var
        return functional.batch_norm(
            output,
            None if mean is None else self._of_edge(mean, place),
            None if variance is None else self._of_edge(variance, place),
            None if not norm.affine else self._of_edge(norm.weight, place),
            None if not norm.affine else self._of_edge(norm.bias, place),
            training=self.training or mean is None,
            momentum=norm.momentum or 0.0,
            eps=norm.eps,
        )

    def _of_edge(self, merged: Tensor, place: int) -> Tensor:
        """Return one edge's slice of a merged parameter or statistic, as a view."""
        return merged.unflatten(0, (self._edges, -1))[place]


def _average_pool(features: Tensor) -> Tensor:
    return functional.avg_pool2d(features, 3, stride=1, padding=1, count_include_pad=False)


def _columns_of(operations: dict[str, int]) -> list[int]:
    return [OPERATIONS.index(operation) for operation in operations]
