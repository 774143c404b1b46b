"""What is no cell type and no cell of one, and neighbours where there are two types."""

from typing import Any

import numpy as np
import pytest

from benchmarks.spaces.cell_type import Cell, CellType, Edge
from tests.benchmarks.spaces.cell_types import TYPES, space_of


def differ_in_one_edge(cell: Cell, other: Cell) -> bool:
    return len(set(cell) - set(other)) == len(set(other) - set(cell)) == 1


def test_neighbours_of_an_architecture_differ_in_one_cell():
    types = [TYPES["one of one input, concat"], TYPES["two but none, concat"]]
    space = space_of(*types)
    start = space.sample(np.random.default_rng(0))
    cells, found = space.chosen(start), list(space.neighbours(start))
    expected = sum(len(list(each.neighbours(cells[each.name]))) for each in types)
    assert len(set(found)) == len(found) == expected
    for each in found:
        other = space.chosen(each)
        changed = [name for name in cells if cells[name] != other[name]]
        assert len(changed) == 1
        assert differ_in_one_edge(cells[changed[0]], other[changed[0]])


TWO = TYPES["two but none, concat"]
FULL = [(0, 2, "skip"), (1, 2, "conv"), (0, 3, "skip"), (1, 3, "conv")]


@pytest.mark.parametrize(
    ("chosen", "message"),
    [
        ([*FULL[:3], (4, 3, "skip")], "node 3 cannot have such an edge from node 4"),
        ([*FULL[:3], FULL[0]], "node 2 cannot have such an edge from node 0"),
        ([*FULL[:3], (1, 3, "none")], "none is not allowed from node 1 to node 3"),
        ([*FULL[:3], (1, 3, "skip")], "skip is not allowed from node 1 to node 3"),
        (FULL[:3], "node 3 has 1 incoming edges instead of 2"),
        ([*FULL, (2, 3, "skip")], "node 3 has 3 incoming edges instead of 2"),
    ],
)
def test_what_is_no_cell_of_a_type(chosen, message):
    assert TWO.cell(FULL) == tuple(FULL)
    with pytest.raises(ValueError, match=message):
        TWO.cell(chosen)


OPERATIONS = ("none", "skip")


@pytest.mark.parametrize(
    ("edges", "options", "message"),
    [
        ([(0, 2), (0, 1), (1, 2)], {}, "in the order of target and source"),
        ([(0, 1), (1, 2), (0, 2)], {}, "in the order of target and source"),
        ([(0, 1), (0, 1)], {}, "in the order of target and source"),
        ([(1, 1)], {}, "in the order of target and source"),
        ([(2, 1)], {}, "in the order of target and source"),
        ([(-1, 1)], {}, "in the order of target and source"),
        ([], {}, "must have equally many operations"),
        ([(0, 1, OPERATIONS), (0, 2, ("skip",))], {}, "must have equally many operations"),
        ([(0, 1, OPERATIONS), (0, 2, ("skip", "conv"))], {"exclude": {"none"}}, "equally many"),
        ([(0, 1)], {"exclude": {"none", "skip"}}, "at least one that is not excluded"),
        ([(0, 1, ("skip", "skip"))], {}, "twice"),
        ([(0, 1), (0, 2), (1, 2)], {"keep": 2}, "a node of made has fewer than keep = 2 edges"),
        ([(0, 1)], {"keep": 0}, "keep must be at least 1, or None"),
        ([(0, 1)], {"keep": -1}, "keep must be at least 1, or None"),
        ([(0, 1), (0, 2)], {"inputs": 2}, "nodes of made must be numbered from 2"),
        ([(0, 1), (0, 3)], {}, "nodes of made must be numbered from 1"),
        ([(0, 1)], {"inputs": 0}, "nodes of made must be numbered from 0"),
        ([(0, 1, ("skip", "conv~3"))], {}, "'conv~3' cannot be a name"),
        ([(0, 1, ("skip", "a|b"))], {}, "'a|b' cannot be a name"),
        ([(0, 1, ("skip", "a b"))], {}, "'a b' cannot be a name"),
        ([(0, 1, ("skip", ""))], {}, "'' cannot be a name"),
        ([(0, 1)], {"name": "a=b"}, "'a=b' cannot be a name"),
    ],
)
def test_what_is_no_cell_type(edges, options, message):
    """Among them what could not be drawn, and what its own text could not be read back from."""
    made = tuple(Edge(each[0], each[1], each[2] if len(each) > 2 else OPERATIONS) for each in edges)
    given: dict[str, Any] = {"name": "made", "inputs": 1, **options}
    given["exclude"] = frozenset(given.get("exclude", ()))
    with pytest.raises(ValueError, match=message.replace("|", r"\|")):
        CellType(edges=made, **given)
