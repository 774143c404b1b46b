"""Architectures of NAS-Bench-201: six operations, with their string and their index.

Dong and Yang, "NAS-Bench-201", ICLR 2020: four nodes, an edge from each node to each later one,
one of five operations on each edge, 5^6 = 15,625 architectures.
"""

import itertools
import random
import re
from dataclasses import dataclass
from functools import cache

from benchmarks.errors import UserError, suggestion

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

_SHOWN = 120  # characters of an invalid string in a message


@dataclass(frozen=True, slots=True)
class Architecture:
    """The operation on each edge, in the order of `EDGES`."""

    operations: tuple[str, ...]

    def __str__(self) -> str:
        """Return the benchmark's string, such as '|skip_connect~0|+|none~0|none~1|+|...|'."""
        nodes: dict[int, str] = {}
        for (source, target), operation in zip(EDGES, self.operations, strict=True):
            nodes[target] = nodes.get(target, "|") + f"{operation}~{source}|"
        return "+".join(nodes.values())

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


def parse(text: str) -> Architecture:
    """Read the benchmark's string or index.

    Raises:
        UserError: the text is not an architecture of the space; the message names the edge.
    """
    text = text.strip()
    if re.fullmatch(r"-?[0-9]{1,9}", text):
        return Architecture.from_index(int(text))
    example = Architecture(("skip_connect",) * len(EDGES))
    nodes = text.split("+")
    if len(nodes) != 3 or not all(node.startswith("|") and node.endswith("|") for node in nodes):
        raise UserError(
            f"'{text[:_SHOWN]}' is not a NAS-Bench-201 architecture. "
            f"Give an index from 0 to {SIZE - 1}, or a string such as '{example}'."
        )
    operations = []
    for target, node in enumerate(nodes, start=1):
        edges = node.strip("|").split("|")
        if len(edges) != target:
            raise UserError(
                f"Node {target} of '{text}' has {len(edges)} incoming edges instead of {target}, "
                "one from each earlier node."
            )
        for source, edge in enumerate(edges):
            operations.append(_parse_edge(edge, source, target))
    return Architecture(tuple(operations))


def _parse_edge(edge: str, source: int, target: int) -> str:
    operation, _, origin = edge.partition("~")
    if origin != str(source):
        raise UserError(
            f"Edge '{edge}' into node {target} should come from node {source}: "
            f"write it as '{operation}~{source}'."
        )
    if operation not in OPERATIONS:
        raise UserError(
            f"Edge '{edge}' into node {target} has the unknown operation '{operation}'."
            f"{suggestion(operation, OPERATIONS)} Known: {', '.join(OPERATIONS)}."
        )
    return operation
