"""The interface of search spaces: architectures as values, and the networks built from them.

Importing a space does not import torch; building one of its networks does.
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
    """An edge of a cell and its candidate operations, in the order of alpha's columns."""

    source: int
    target: int
    operations: tuple[str, ...]


class SearchSpace(Protocol):
    """A space of architectures.

    An architecture is immutable and hashable, and `parse` is the inverse of `str()`.
    """

    name: str
    version: str
    cell_types: tuple[str, ...]
    borrows_protocols_of: str | None = None
    """A space whose `common` and `quick` protocols a search of this one runs under, if it has none
    of its own; a space may leave the attribute out."""

    def edges(self, cell_type: str) -> tuple[Edge, ...]:
        """Return the edges of a cell in the order of alpha's rows."""
        ...

    def parse(self, text: str) -> Any:
        """Read an architecture from text; UserError if it is invalid."""
        ...

    def sample(self, rng: np.random.Generator) -> Any:
        """Draw an architecture uniformly."""
        ...

    def canonical(self, architecture: Any) -> Any:
        """Return the representative of the architectures that compute the same function."""
        ...

    def derive(self, scores: Mapping[str, np.ndarray]) -> Any:
        """Derive the architecture from a search's scores by the space's rule.

        Args:
            scores: by cell type, shape (edges, operations); higher is better, -inf is pruned.
        """
        ...

    def counts(self, architecture: Any) -> dict[str, int]:
        """Count the edges with each operation, in the order of alpha's columns."""
        ...

    def is_collapsed(self, architecture: Any) -> bool:
        """Return whether no path from a cell's input to its output has a learnable operation."""
        ...

    def supernet(
        self, dataset: Dataset, options: SupernetOptions, rng: "torch.Generator"
    ) -> "torch.nn.Module":
        """Build the supernet: it maps images and a `Mixture` to logits (batch, classes).

        `rng` draws the initial weights. In a space without a supernet this attribute is None.
        """
        ...

    def parameters(self, architecture: Any, dataset: str, **network: int) -> int:
        """Return the number of trainable parameters of the stand-alone network.

        `network` holds its width and depth under the space's names, if not the published ones, as
        on a table's card.
        """
        ...

    def macs(self, architecture: Any, dataset: str, **network: int) -> int:
        """Return the multiply-accumulates per image; arguments as for `parameters`."""
        ...

    def draw(self, architecture: Any) -> str:
        """Draw the cell in plain text."""
        ...


class TabulatedSpace(SearchSpace, Protocol):
    """A space small enough to be tabulated completely: its architectures are numbered."""

    size: int
    """Number of architectures."""

    def index(self, architecture: Any) -> int:
        """Return the architecture's row in every table of the space."""
        ...

    def architecture(self, index: int) -> Any:
        """Return the architecture of that row."""
        ...

    def is_connected(self, architecture: Any) -> bool:
        """Return whether the network's output depends on its input."""
        ...

    def training_shares(self) -> Sequence[int]:
        """Return, by index, the architecture whose training each shares: itself or an equal one."""
        ...

    def near_shares(self) -> Sequence[int]:
        """Return the indices that share a training although their functions differ slightly."""
        ...

    def network(
        self, architecture: Any, dataset: Dataset, rng: "torch.Generator", **network: int
    ) -> "torch.nn.Module":
        """Build the stand-alone network: it maps images to logits (batch, classes).

        It consists of convolutions without bias, affine BatchNorm and one linear classifier.
        `rng` draws the initial weights; `network` is as for `parameters`.
        """
        ...
