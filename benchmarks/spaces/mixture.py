"""The mixture of operations that a method makes and a supernet computes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Mixture:
    """The weight of every operation on every edge, by cell type.

    E is the number of edges of a cell type, O the number of operations on an edge.
    """

    weights: Mapping[str, "Tensor"]
    """Shape (E, O), the same for all cells of the type; or (cells, E, O), one for each
    cell of the network, whatever the cells' types."""
    active: Mapping[str, np.ndarray]
    """Booleans on the host, shaped like the weights or (E, O): the operations to compute. The
    weights of the others are ignored."""
    edges: Mapping[str, "Tensor"] | None = None
    """Shape (E,): a factor on each edge's output, as in PC-DARTS's edge normalisation."""

    def detached(self) -> "Mixture":
        """Return the same without gradient, for a step of the weights."""
        weights = {each: tensor.detach() for each, tensor in self.weights.items()}
        edges = self.edges and {each: tensor.detach() for each, tensor in self.edges.items()}
        return Mixture(weights, self.active, edges)
