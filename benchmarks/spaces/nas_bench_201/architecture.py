"""Architectures of NAS-Bench-201: six operations, with their string and their index.

Dong and Yang, "NAS-Bench-201", ICLR 2020: four nodes, an edge from each node to each later one,
one of five operations on each edge, 5^6 = 15,625 architectures.
"""

import itertools
import random
import re
from dataclasses import dataclass
from functools import cache

from benchmarks.errors import UserError
from benchmarks.spaces.cell_text import write_cell
from benchmarks.spaces.cell_type import Cell, CellType, Edge

OPERATIONS: tuple[str, ...] = (
    "none",
    "skip_connect",
    "nor_conv_1x1",
    "nor_conv_3x3",
    "avg_pool_3x3",
)
"""In the order of the columns of alpha."""

EDGES = ((0, 1), (0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
"""(source, target) in the order of the benchmark's strings and of the rows of alpha."""

SIZE = len(OPERATIONS) ** len(EDGES)

# The benchmark's index is a shuffle of the lexicographic order with this seed.
# AutoDL-Projects @ f46486e, exps/NAS-Bench-201/main.py, generate_meta_info.
_INDEX_SHUFFLE_SEED = 88

CELL = CellType(
    "cell", inputs=1, edges=tuple(Edge(source, target, OPERATIONS) for source, target in EDGES)
)
"""The space's only type of cell; each node is the sum of its edges, the last one the output."""


@dataclass(frozen=True, slots=True)
class Architecture:
    """The operation on each edge, in the order of `EDGES`."""

    operations: tuple[str, ...]

    def __str__(self) -> str:
        """Return the benchmark's string, such as '|skip_connect~0|+|none~0|none~1|+|...|'."""
        return write_cell(self.cell)

    @property
    def cell(self) -> Cell:
        """The six edges as (source, target, operation)."""
        return tuple(
            (source, target, operation)
            for (source, target), operation in zip(EDGES, self.operations, strict=True)
        )

    @property
    def index(self) -> int:
        """The benchmark's index, 0 to 15,624."""
        return _index_by_operations()[self.operations]

    @classmethod
    def from_index(cls, index: int) -> "Architecture":
        """Return the architecture with the benchmark's index.

        Raises:
            UserError: the index is not in the space.
        """
        if not 0 <= index < SIZE:
            raise UserError(
                f"Index {index} is not in NAS-Bench-201. Give one from 0 to {SIZE - 1}."
            )
        return cls(operations_by_index()[index])


@cache
def operations_by_index() -> list[tuple[str, ...]]:
    """Return the operations of all 15,625 architectures in the order of the benchmark's index."""
    architectures: list[tuple[str, ...]] = list(itertools.product(OPERATIONS, repeat=len(EDGES)))
    random.Random(_INDEX_SHUFFLE_SEED).shuffle(architectures)
    return architectures


@cache
def _index_by_operations() -> dict[tuple[str, ...], int]:
    return {operations: index for index, operations in enumerate(operations_by_index())}


def index_in(text: str) -> int | None:
    """Return the index that a text consists of; None if it is no number."""
    return int(text) if re.fullmatch(r"\s*-?[0-9]{1,9}\s*", text) else None
