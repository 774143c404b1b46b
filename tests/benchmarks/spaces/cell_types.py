"""Small cell types of every kind, and slow, plain definitions that the fast ones are held against.

They enumerate: all cells, all texts of a cell, all paths.
"""

import itertools
from collections.abc import Iterator
from typing import Any

from benchmarks.spaces.cell_space import CellSpace
from benchmarks.spaces.cell_type import Cell, CellType, Edge

NO_NONE = frozenset({"none"})
WEIGHTLESS = frozenset({"none", "skip", "pool"})

_ONE_INPUT = ((0, 1), (0, 2), (1, 2))
_TWO_INPUTS = ((0, 2), (1, 2), (0, 3), (1, 3), (2, 3))
_SPARSE = ((0, 2), (1, 3), (2, 3))
"""Not every node reads every earlier one."""


def cell_type(ends: Any, inputs: int, name: str = "cell", **options: Any) -> CellType:
    """Every other edge offers other operations, as in S1."""
    lists = [("none", "skip", "conv"), ("pool", "none", "conv")]
    edges = tuple(Edge(source, target, lists[row % 2]) for row, (source, target) in enumerate(ends))
    return CellType(name, inputs, edges, **options)


TYPES = {
    "all of one input": cell_type(_ONE_INPUT, 1),
    "all but none, mean": cell_type(_ONE_INPUT, 1, exclude=NO_NONE, output="mean"),
    "one of one input, concat": cell_type(_ONE_INPUT, 1, keep=1, output="concat"),
    "one but none, mean": cell_type(_ONE_INPUT, 1, keep=1, exclude=NO_NONE, output="mean"),
    "all of two inputs": cell_type(_TWO_INPUTS, 2, exclude=NO_NONE),
    "sparse, concat": cell_type(_SPARSE, 2, output="concat"),
    "one of two inputs": cell_type(_TWO_INPUTS, 2, keep=1),
    "two of two inputs, mean": cell_type(_TWO_INPUTS, 2, keep=2, output="mean"),
    "two but none, concat": cell_type(
        _TWO_INPUTS, 2, keep=2, exclude=NO_NONE, output="concat", name="reduce"
    ),
}


def space_of(*types: CellType) -> CellSpace:
    """Return a space of these types; there is nothing else to it."""
    space = CellSpace()
    space.name, space.weightless = "small", WEIGHTLESS
    space.cell_types = {each.name: each for each in types}
    return space


def all_cells(cell_type: CellType) -> list[Cell]:
    """Every choice of an operation or nothing on each edge, of which those that fit are left."""
    choices = itertools.product(*[(None, *edge.operations) for edge in cell_type.edges])
    cells = []
    for operations in choices:
        cell = tuple(
            (edge.source, edge.target, operation)
            for edge, operation in zip(cell_type.edges, operations, strict=True)
            if operation is not None
        )
        if not any(operation in cell_type.exclude for _, _, operation in cell) and all(
            _entering(cell, node) == (cell_type.keep or _entering(cell_type.edges, node))
            for node in {edge.target for edge in cell_type.edges}
        ):
            cells.append(cell)
    return cells


def _entering(edges: Any, node: int) -> int:
    targets = [each.target if isinstance(each, Edge) else each[1] for each in edges]
    return targets.count(node)


def paths(cell: Cell, cell_type: CellType) -> Iterator[tuple[str, ...]]:
    """The operations on each path without `none` from an input to the output."""
    nodes = sorted({edge.target for edge in cell_type.edges})
    ends = nodes[-1:] if cell_type.output == "last" else nodes

    def from_node(node: int, operations: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
        if node in ends:
            yield operations
        for source, target, operation in cell:
            if source == node and operation != "none":
                yield from from_node(target, (*operations, operation))

    for node in range(cell_type.inputs):
        yield from from_node(node, ())


def texts_of(cell: Cell, cell_type: CellType) -> list[str]:
    """All texts of a cell: where `keep` is set, the edges of a node may be in any order."""
    nodes = []
    for node in sorted({target for _, target, _ in cell}):
        edges = [f"{operation}~{source}" for source, target, operation in cell if target == node]
        orders = itertools.permutations(edges) if cell_type.keep else [edges]
        nodes.append(["|" + "|".join(order) + "|" for order in orders])
    return ["+".join(each) for each in itertools.product(*nodes)]
