"""What a method asks a supernet to compute. Made by the method, computed by the supernet."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class Mixture:
    """The weight of every operation on every edge, by cell type.

    E is the number of edges of a cell type, O that of operations on an edge.
    """

    weights: Mapping[str, "Tensor"]
    """Shape (E, O), the same for all cells of the type; or (cells, E, O), one for each cell."""
    active: Mapping[str, np.ndarray]
    """Booleans on the host, shaped like the weights or (E, O): what is computed at all. The weight
    of anything else is not looked at."""
    edges: Mapping[str, "Tensor"] | None = None
    """Shape (E,): a factor on each edge's whole output, as edge normalisation has it."""
