"""A made-up space of one recurrent cell, measured in perplexity; eighteen architectures.

An image is read as a sequence of rows of pixels. The hidden state goes from batch to batch.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.spaces.cell_space import CellArchitecture, CellSpace
from benchmarks.spaces.cell_type import CellType, Edge
from benchmarks.spaces.initialisation import initialise
from benchmarks.spaces.objective import LanguageModel

OPERATIONS = ("none", "tanh", "relu", "identity")
CELL = CellType(
    "recurrent",
    inputs=1,
    edges=(Edge(0, 1, OPERATIONS), Edge(0, 2, OPERATIONS), Edge(1, 2, OPERATIONS)),
    keep=1,
    exclude=frozenset({"none"}),
    output="mean",
)


@dataclass(frozen=True, kw_only=True)
class SupernetSettings:
    channels: int = 8

    def __post_init__(self) -> None:
        if self.channels < 1:
            raise ValueError("channels must be at least 1")

    @property
    def cells(self) -> int:
        return 1

    @classmethod
    def short(cls, channels: int) -> dict[str, int]:
        return {"channels": channels}


class Sequences(CellSpace):
    name = "sequences"
    version = "1"
    borrows_protocols_of = "nas-bench-201"
    cell_types = {"recurrent": CELL}  # noqa: RUF012
    weightless = frozenset({"none"})
    objective = LanguageModel()
    SupernetSettings = SupernetSettings
    size = CELL.size

    def supernet(self, dataset: Any, settings: Any, variant: Any, rng: torch.Generator) -> Any:
        return Supernet(dataset, settings.channels, rng)

    @cached_property
    def _all(self) -> list[CellArchitecture]:
        return [self.build({"recurrent": cell}) for cell in _cells()]

    def architecture(self, index: int) -> CellArchitecture:
        return self._all[index]

    def index(self, architecture: CellArchitecture) -> int:
        return self._all.index(architecture)

    def parameters(self, architecture: Any, dataset: str, **network: Any) -> int:
        return 1000

    def macs(self, architecture: Any, dataset: str, **network: Any) -> int:
        return 1000

    def is_connected(self, architecture: Any) -> bool:
        return True

    def training_shares(self) -> range:
        return range(self.size)

    def near_shares(self) -> list[int]:
        return []


def _cells() -> Iterator[Any]:
    """Every cell, breadth first from the first one."""
    first = CELL.cell([(0, 1, "tanh"), (0, 2, "tanh")])
    found = [first]
    for cell in found:
        found += [each for each in dict.fromkeys(CELL.neighbours(cell)) if each not in found]
    return iter(sorted(found))


class Supernet(nn.Module):
    """Maps images (batch, 3, side, side) and a hidden state (channels,) to logits and the next."""

    def __init__(self, dataset: Any, channels: int, rng: torch.Generator):
        super().__init__()
        self.embed = nn.Linear(3 * dataset.side**2, channels)
        self.norm = nn.BatchNorm1d(channels)
        self.classifier = nn.Linear(channels, dataset.classes)
        initialise(self, rng)

    def forward(self, images: Tensor, mixture: Any, memory: Tensor | None) -> Any:
        inputs = self.norm(self.embed(images.flatten(1)))
        weights, active = mixture.weights["recurrent"], mixture.active["recurrent"]
        factors = mixture.edges["recurrent"] if mixture.edges else torch.ones(len(CELL.edges))
        nodes = [inputs if memory is None else inputs + memory]
        for rows in CELL.rows_into.values():
            total = torch.zeros_like(inputs)
            for row in rows:
                x = nodes[CELL.edges[row].source]
                outputs = (0 * x, x.tanh(), x.relu(), x)
                for column, output in enumerate(outputs):
                    if active[row, column]:
                        total = total + factors[row] * weights[row, column] * output
            nodes.append(total)
        hidden = torch.stack(nodes[1:]).mean(dim=0)
        return self.classifier(hidden), hidden.mean(dim=0)


SPACE = Sequences()
