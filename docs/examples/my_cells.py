"""A space of two types of cell without a table, like a small DARTS: search, train, test, report.

    python -m harness run --plugin my_cells.py --spaces small-cells --datasets digits \
        --methods darts-1st,pc-darts,rf-darts,asap,random-ws --seeds 2 \
        --train tiny --train-seeds 3

`CELL_TYPES` is all that is said about architectures: how they are drawn, derived, written, counted
and mutated follows from it. The second half builds the networks.
"""

from dataclasses import dataclass

import torch
from torch import nn

from benchmarks.spaces import SPACES
from benchmarks.spaces.cell_space import CellSpace
from benchmarks.spaces.cell_type import CellType, Edge
from benchmarks.spaces.initialisation import initialise
from benchmarks.spaces.supernet_settings import SupernetVariant


def cell_type(name, *from_inputs):
    """Nodes 2 and 3 read both inputs of the cell, and node 3 reads node 2; each keeps two edges."""
    edges = (
        Edge(0, 2, from_inputs),
        Edge(1, 2, from_inputs),
        Edge(0, 3, from_inputs),
        Edge(1, 3, from_inputs),
        Edge(2, 3, ("none", "skip", "conv1x1", "pool")),
    )
    return CellType(name, 2, edges, keep=2, exclude=frozenset({"none"}), output="concat")


CELL_TYPES = {
    "normal": cell_type("normal", "none", "skip", "conv3x3", "pool"),
    "reduce": cell_type("reduce", "none", "conv1x1", "conv3x3", "pool"),
}


@dataclass(frozen=True, kw_only=True)
class SupernetSettings:
    """The settings of a search that are the space's."""

    channels: int = 16
    cells: int = 3
    affine_candidates: bool = False

    def __post_init__(self):
        if self.channels < 1 or self.cells < 2:
            raise ValueError("channels must be at least 1, cells at least 2")

    @classmethod
    def short(cls, channels):
        """One cell of each type."""
        return {"channels": channels, "cells": 2}


class SmallCells(CellSpace):
    """Normal cells with one reduction cell in the middle."""

    name = "small-cells"
    version = "1"
    borrows_protocols_of = "nas-bench-201"
    cell_types = CELL_TYPES
    weightless = frozenset({"none", "skip", "pool"})
    SupernetSettings = SupernetSettings
    network_sizes = {"tiny": {"channels": 8, "cells": 3}}

    def supernet(self, dataset, settings, variant, rng):
        edges = {
            name: [(edge.source, edge.target, edge.operations) for edge in each.edges]
            for name, each in CELL_TYPES.items()
        }
        affine = settings.affine_candidates
        return Network(edges, dataset, settings.channels, settings.cells, rng, variant, affine)

    def network(self, architecture, dataset, rng, *, channels, cells):
        edges = {
            name: [(source, target, (operation,)) for source, target, operation in cell]
            for name, cell in self.chosen(architecture).items()
        }
        return Network(edges, dataset, channels, cells, rng)


PLAIN = SupernetVariant()


class Network(nn.Module):
    """A supernet, or a stand-alone network, which has one operation on each of its edges."""

    def __init__(self, edges, dataset, channels, cells, rng, variant=PLAIN, affine=True):
        super().__init__()
        self.stem = nn.Sequential(
            nn.Conv2d(3, channels, 3, padding=1, bias=False), nn.BatchNorm2d(channels)
        )
        self.types = ["reduce" if cell == cells // 2 else "normal" for cell in range(cells)]
        self.cells = nn.ModuleList()
        widths, strides, width = [channels, channels], [1, 1], channels
        for name in self.types:
            stride = 2 if name == "reduce" else 1
            width *= stride
            self.cells.append(Cell(edges[name], widths, strides, width, stride, variant, affine))
            # The cell after a reduction reads an image of twice the side as its first input.
            widths, strides = [widths[1], 2 * width], [stride, 1]
        self.classifier = nn.Linear(2 * width, dataset.classes)
        initialise(self, rng, variant.convolution_init)

    def forward(self, images, mixture=None):
        before = last = self.stem(images)
        for number, (name, cell) in enumerate(zip(self.types, self.cells, strict=True)):
            weights = active = factors = None
            if mixture is not None:
                weights, active = mixture.weights[name], mixture.active[name]
                weights = weights[number] if weights.ndim == 3 else weights
                active = active[number] if active.ndim == 3 else active
                factors = mixture.edges and mixture.edges[name]
            before, last = last, cell(before, last, weights, active, factors)
        return self.classifier(last.relu().mean(dim=(2, 3)))


class Cell(nn.Module):
    """Two nodes, each the sum of its edges; the output concatenates them."""

    def __init__(self, edges, widths, strides, width, stride, variant, affine):
        super().__init__()
        self.inputs = nn.ModuleList(
            convolution(width_in, width, 1, stride_in, affine=True)
            for width_in, stride_in in zip(widths, strides, strict=True)
        )
        self.ends = [(source, target) for source, target, _ in edges]
        self.edges = nn.ModuleList(
            MixedEdge(operations, width, stride if source < 2 else 1, variant, affine)
            for source, _, operations in edges
        )

    def forward(self, before, last, weights, active, factors):
        nodes = [read(x) for read, x in zip(self.inputs, (before, last), strict=True)]
        for node in (2, 3):
            outputs = []
            for row, (source, target) in enumerate(self.ends):
                if target == node:
                    own = (None, None) if weights is None else (weights[row], active[row])
                    output = self.edges[row](nodes[source], *own)
                    outputs.append(output if factors is None else factors[row] * output)
            nodes.append(sum(outputs))
        return torch.cat(nodes[2:], dim=1)


class MixedEdge(nn.Module):
    """The weighted sum of an edge's operations, on the first 1/K of the channels."""

    def __init__(self, operations, channels, stride, variant, affine):
        super().__init__()
        self.names, self.stride, self.partial = operations, stride, variant.partial
        self.width = width = variant.width(channels)
        self.operations = nn.ModuleDict(
            {name: operation(name, width, stride, affine) for name in operations if name != "none"}
        )

    def forward(self, x, weights, active):
        part, rest = x[:, : self.width], x[:, self.width :, :: self.stride, :: self.stride]
        total = torch.zeros_like(part[:, :, :: self.stride, :: self.stride])
        for column, name in enumerate(self.names):
            if name != "none" and (active is None or active[column]):
                output = self.operations[name](part)
                total = total + (output if weights is None else weights[column] * output)
        if self.partial == 1:
            return total
        groups = torch.cat([total, rest], dim=1).unflatten(1, (self.partial, -1))
        return groups.transpose(1, 2).flatten(1, 2)


def convolution(channels_in, channels, side, stride, affine):
    return nn.Sequential(
        nn.ReLU(),
        nn.Conv2d(channels_in, channels, side, stride, padding=side // 2, bias=False),
        nn.BatchNorm2d(channels, affine=affine),
    )


def operation(name, channels, stride, affine):
    if name.startswith("conv"):
        return convolution(channels, channels, int(name[-1]), stride, affine)
    if name == "pool":
        return nn.AvgPool2d(3, stride, padding=1, count_include_pad=False)
    return nn.Identity()


SPACE = SmallCells()
SPACES.add(SPACE.name, f"{__name__}:SPACE")
