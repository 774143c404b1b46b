"""What a search space is: architectures as values, without torch, and the networks they stand for.

Importing a space imports no torch; building one of its networks does.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.spaces.supernet_options import SupernetOptions

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True)
class Edge:
    """One edge of a cell and the operations that a search may choose for it, in alpha's order."""

    source: int
    target: int
    operations: tuple[str, ...]


class SearchSpace(Protocol):
    """A space of architectures.

    An architecture is immutable and hashable, and `str()` gives the text that `parse` reads.
    """

    name: str
    version: str
    cell_types: tuple[str, ...]

    def edges(self, cell_type: str) -> tuple[Edge, ...]:
        """The edges of a cell in the order of alpha's rows."""
        ...

    def parse(self, text: str) -> Any:
        """The architecture that `text` names; UserError where it names none."""
        ...

    def sample(self, rng: np.random.Generator) -> Any:
        """A uniformly drawn architecture."""
        ...

    def canonical(self, architecture: Any) -> Any:
        """The representative of the architectures that compute the same function."""
        ...

    def derive(self, scores: Mapping[str, np.ndarray]) -> Any:
        """The architecture that the space's own rule reads off a search's scores.

        Args:
            scores: by cell type, shape (edges, operations), higher is better; -inf for an
                operation that was pruned.
        """
        ...

    def counts(self, architecture: Any) -> dict[str, int]:
        """How many edges of the architecture have each operation, in alpha's order."""
        ...

    def is_collapsed(self, architecture: Any) -> bool:
        """Whether no path from a cell's input to its output holds an operation with weights."""
        ...

    def supernet(
        self, dataset: Dataset, options: SupernetOptions, rng: "torch.Generator"
    ) -> "torch.nn.Module":
        """Every operation on every edge: images and a `Mixture` in, logits (batch, classes) out.

        `rng` draws the initial weights. A space that builds none has None in this place.
        """
        ...

    def parameters(self, architecture: Any, dataset: str, **network: int) -> int:
        """Trainable parameters of the stand-alone network.

        `network` holds its width and depth where they are not the published ones, in the space's
        own words; a table's card says them.
        """
        ...

    def macs(self, architecture: Any, dataset: str, **network: int) -> int:
        """Multiply-accumulates of convolutions and classifier for one image; as `parameters`."""
        ...

    def draw(self, architecture: Any) -> str:
        """The cell as a drawing in plain text."""
        ...


class TabulatedSpace(SearchSpace, Protocol):
    """A space that is small enough to be tabulated whole: its architectures are numbered."""

    size: int
    """How many architectures there are."""

    def index(self, architecture: Any) -> int:
        """The architecture's row in every table of the space."""
        ...

    def architecture(self, index: int) -> Any:
        """The architecture of that row."""
        ...

    def is_connected(self, architecture: Any) -> bool:
        """Whether the network's output depends on its input at all."""
        ...

    def training_shares(self) -> Sequence[int]:
        """By index, the architecture whose training it shares: itself, or an equal network."""
        ...

    def near_shares(self) -> Sequence[int]:
        """Indices of those that share a training though they are not quite the same function."""
        ...

    def network(
        self, architecture: Any, dataset: Dataset, rng: "torch.Generator", **network: int
    ) -> "torch.nn.Module":
        """The stand-alone network: images in, logits (batch, classes) out.

        It is built of convolutions without bias, affine BatchNorm and one linear classifier.
        `rng` draws the initial weights; `network` is as for `parameters`.
        """
        ...
