"""What a search space is, without torch."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True)
class Edge:
    """One edge of a cell and the operations that a search may choose for it, in alpha's order."""

    source: int
    target: int
    operations: tuple[str, ...]


class SearchSpace(Protocol):
    """The torch-free half of a space: its architectures as values.

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

    def parameters(self, architecture: Any, dataset: str) -> int:
        """Trainable parameters of the stand-alone network."""
        ...

    def macs(self, architecture: Any, dataset: str) -> int:
        """Multiply-accumulates of convolutions and classifier for one image."""
        ...

    def draw(self, architecture: Any) -> str:
        """The cell as a drawing in plain text."""
        ...


class TabulatedSpace(SearchSpace, Protocol):
    """A space that is small enough to be tabulated whole: its architectures are numbered."""

    def index(self, architecture: Any) -> int:
        """The architecture's row in every table of the space."""
        ...
