"""Cells as data: which edges and operations there are, and which of them an architecture keeps.

NAS-Bench-201 has one type of cell and keeps every edge; DARTS and S1-S4 have two and keep the best
two edges of each node; the recurrent space of DARTS has one and keeps one.
"""

import itertools
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

import numpy as np


@dataclass(frozen=True)
class Edge:
    """An edge of a cell and its candidate operations, in the order of alpha's columns."""

    source: int
    target: int
    operations: tuple[str, ...]


ChosenEdge = tuple[int, int, str]
"""Source, target, and the operation that an architecture has there."""

Cell = tuple[ChosenEdge, ...]
"""The edges that an architecture keeps, in the order of the type's edges."""


@dataclass(frozen=True)
class CellType:
    """The cells of one kind in a space: their nodes, edges and candidate operations.

    Nodes are numbered from 0; the first `inputs` of them are the cell's inputs.

    Raises:
        ValueError: the edges are not in order, do not enter each node that is not an input, do not
            have equally many operations, or cannot give each node `keep` edges with an operation
            that is not excluded; a name cannot be written as text.
    """

    name: str
    inputs: int
    edges: tuple[Edge, ...]
    """In the order of alpha's rows: by target, then by source."""
    keep: int | None = None
    """Number of incoming edges that a node keeps, at least 1; None for all."""
    exclude: frozenset[str] = frozenset()
    """Operations that take part in the search but are in no architecture."""
    output: Literal["last", "concat", "mean"] = "last"
    """How the cell's output is made of its nodes: the last one, or all but the inputs."""

    def __post_init__(self) -> None:
        ends = [(edge.target, edge.source) for edge in self.edges]
        if ends != sorted(set(ends)) or not all(0 <= source < target for target, source in ends):
            raise ValueError(f"the edges of {self.name} must be in the order of target and source")
        numbers = tuple(range(self.inputs, self.inputs + len(self.nodes)))
        if self.inputs < 1 or self.nodes != numbers:
            raise ValueError(
                f"the nodes of {self.name} must be numbered from {self.inputs}, after at least one "
                "input, and each needs an incoming edge"
            )
        # Alpha is one array by cell type, and random choices are uniform over architectures.
        for counts in (
            {len(edge.operations) for edge in self.edges},
            {len(columns) for columns in self.allowed},
        ):
            if len(counts) != 1 or 0 in counts:
                raise ValueError(
                    f"the edges of {self.name} must have equally many operations, and at least "
                    "one that is not excluded"
                )
        if any(len(set(edge.operations)) < len(edge.operations) for edge in self.edges):
            raise ValueError(f"an edge of {self.name} has an operation twice")
        for name in (self.name, *self.operations):
            if not re.fullmatch(r"[^\s|+~;=]+", name):  # what separates names in texts
                raise ValueError(f"'{name}' cannot be a name: leave out spaces and any of |+~;=")
        if self.keep is not None and self.keep < 1:
            raise ValueError(f"keep must be at least 1, or None for all edges, in {self.name}")
        if any(len(rows) < self._kept(rows) for rows in self.rows_into.values()):
            raise ValueError(f"a node of {self.name} has fewer than keep = {self.keep} edges")

    @cached_property
    def nodes(self) -> tuple[int, ...]:
        """The nodes that are not inputs."""
        return tuple(self.rows_into)

    @cached_property
    def rows_into(self) -> dict[int, tuple[int, ...]]:
        """The rows of the edges that enter each node, by node."""
        rows = enumerate(self.edges)
        by_node = itertools.groupby(rows, key=lambda numbered: numbered[1].target)
        return {node: tuple(row for row, _ in entering) for node, entering in by_node}

    @cached_property
    def allowed(self) -> tuple[tuple[int, ...], ...]:
        """The columns of the operations on each edge that are not excluded."""
        return tuple(
            tuple(c for c, operation in enumerate(edge.operations) if operation not in self.exclude)
            for edge in self.edges
        )

    @property
    def operations(self) -> tuple[str, ...]:
        """All operations, in the order in which the edges name them."""
        return tuple(dict.fromkeys(each for edge in self.edges for each in edge.operations))

    @property
    def shape(self) -> tuple[int, int]:
        """Number of edges, and of operations on each: the shape of alpha."""
        return len(self.edges), len(self.edges[0].operations)

    @property
    def size(self) -> int:
        """Number of cells."""
        ways = (math.comb(len(rows), self._kept(rows)) for rows in self.rows_into.values())
        edges = sum(self._kept(rows) for rows in self.rows_into.values())
        return math.prod(ways) * len(self.allowed[0]) ** edges

    def derive(self, scores: np.ndarray) -> Cell:
        """Return the cell with the best operation on each of the best edges of each node.

        An edge is as good as its best operation that is not excluded; the first wins among equals.
        DARTS @ f276dd3, cnn/model_search.py, `genotype`.

        Args:
            scores: shape (edges, operations), comparable among all edges of a node; higher is
                better, -inf is pruned.
        """
        best = [
            max(columns, key=scores[row].__getitem__) for row, columns in enumerate(self.allowed)
        ]
        kept: list[int] = []
        for rows in self.rows_into.values():
            by_score = sorted(rows, key=lambda row: -scores[row, best[row]])
            kept += sorted(by_score[: self._kept(rows)])
        return self._cell(kept, [best[row] for row in kept])

    def sample(self, rng: np.random.Generator) -> Cell:
        """Draw a cell uniformly."""
        kept: list[int] = []
        for rows in self.rows_into.values():
            kept += rows if self.keep is None else sorted(rng.choice(rows, self.keep, False))
        drawn = rng.integers(len(self.allowed[0]), size=len(kept))
        return self._cell(kept, [self.allowed[row][i] for row, i in zip(kept, drawn, strict=True)])

    def cell(self, chosen: Sequence[ChosenEdge]) -> Cell:
        """Return the cell with these edges, in whatever order.

        Raises:
            ValueError: an edge or operation is not of this type, or a node has too few or too many
                edges.
        """
        rows = {(edge.source, edge.target): row for row, edge in enumerate(self.edges)}
        found: dict[int, int] = {}
        for source, target, operation in chosen:
            row = rows.get((source, target))
            if row is None or row in found:
                raise ValueError(f"node {target} cannot have such an edge from node {source}")
            operations = self.edges[row].operations
            if operation not in operations or operation in self.exclude:
                raise ValueError(f"{operation} is not allowed from node {source} to node {target}")
            found[row] = operations.index(operation)
        for node, rows_into in self.rows_into.items():
            entering, kept = sum(row in found for row in rows_into), self._kept(rows_into)
            if entering != kept:
                raise ValueError(f"node {node} has {entering} incoming edges instead of {kept}")
        return self._cell(sorted(found), [found[row] for row in sorted(found)])

    def neighbours(self, cell: Cell) -> Iterator[Cell]:
        """Yield the cells that differ in one edge: its operation, or which edge a node keeps."""
        for place, (_, target, _) in enumerate(cell):
            others = [*cell[:place], *cell[place + 1 :]]
            taken = {(source, end) for source, end, _ in others}
            for row in self.rows_into[target]:
                edge = self.edges[row]
                if (edge.source, target) in taken:
                    continue
                for column in self.allowed[row]:
                    chosen = (edge.source, target, edge.operations[column])
                    if chosen != cell[place]:
                        yield self.cell([*others, chosen])

    def _kept(self, rows: Sequence[int]) -> int:
        return len(rows) if self.keep is None else self.keep

    def _cell(self, rows: Sequence[int], columns: Sequence[int]) -> Cell:
        edges = [self.edges[row] for row in rows]
        return tuple(
            (edge.source, edge.target, edge.operations[column])
            for edge, column in zip(edges, columns, strict=True)
        )
