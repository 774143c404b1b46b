"""The interface of search spaces: architectures as values, and the networks built from them.

Importing a space does not import torch; building one of its networks does.
"""

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.spaces.cell_type import Cell, CellType
from benchmarks.spaces.supernet_settings import SupernetVariant

if TYPE_CHECKING:
    import torch

    from benchmarks.spaces.objective import Objective


class SearchSpace(Protocol):
    """A space of architectures.

    An architecture is immutable and hashable, and `parse` is the inverse of `str()`. What follows
    from the cell types is in `benchmarks.spaces.cell_space.CellSpace`, the base class of spaces.
    """

    name: str
    version: str
    cell_types: Mapping[str, CellType]
    """By name, in the order of architectures' texts."""
    objective: "Objective"
    """What networks are trained for, and the metric that they are compared in."""
    borrows_protocols_of: str | None = None
    """A space whose `common` and `quick` protocols a search of this one runs under, if it has none
    of its own; a space may leave the attribute out."""

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
            scores: by cell type, shape (edges, operations), comparable among all edges of a node;
                higher is better, -inf is pruned.
        """
        ...

    def chosen(self, architecture: Any) -> Mapping[str, Cell]:
        """Return an architecture's edges by cell type, each (source, target, operation)."""
        ...

    def neighbours(self, architecture: Any) -> Iterator[Any]:
        """Yield the architectures that differ in one edge of one cell."""
        ...

    def mutate(self, architecture: Any, rng: np.random.Generator) -> Any:
        """Draw one of the neighbours uniformly."""
        ...

    def counts(self, architecture: Any) -> dict[str, int]:
        """Count the edges with each operation, in the order of alpha's columns."""
        ...

    def is_collapsed(self, architecture: Any) -> bool:
        """Return whether no path from a cell's input to its output has a learnable operation."""
        ...

    SupernetSettings: type[Any]
    """The settings of a search that are the space's: size and variants of its supernet; a class
    like `benchmarks.spaces.supernet_settings.SupernetSettings`."""

    def supernet(
        self,
        dataset: Dataset,
        settings: Any,
        variant: SupernetVariant,
        rng: "torch.Generator",
    ) -> "torch.nn.Module":
        """Build the supernet: it maps inputs and a `Mixture` to outputs (batch, classes).

        `settings` has the fields of `SupernetSettings`; `rng` draws the initial weights. In a space
        without a supernet this attribute is None.
        """
        ...

    network_sizes: Mapping[str, Mapping[str, int]]
    """The size of the stand-alone network by training protocol, as keywords of `network`."""
    networks_stack: bool
    """Whether networks of one architecture may be computed as one; see `training.stacking`."""

    def network(
        self, architecture: Any, dataset: Dataset, rng: "torch.Generator", **network: int
    ) -> "torch.nn.Module":
        """Build the stand-alone network: it maps images to logits (batch, classes).

        `rng` draws the initial weights; `network` is as for `parameters`. In a space whose
        architectures cannot be trained this attribute is None.
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
