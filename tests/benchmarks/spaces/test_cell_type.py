"""Cell types: size, derivation, draws and neighbours, against enumeration."""

from collections import Counter
from collections.abc import Sequence
from math import inf
from typing import Any

import numpy as np
import pytest
from scipy import stats

from benchmarks.spaces.cell_type import Cell, CellType, Edge
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from tests.benchmarks.spaces.cell_types import TYPES, all_cells, space_of

EACH_TYPE = pytest.mark.parametrize("cell_type", TYPES.values(), ids=TYPES)

DARTS_ENDS = [(source, target) for target in range(2, 6) for source in range(target)]
"""Of all cells of DARTS and S1-S4: automl/RobustDARTS @ 3dec3fe, src/spaces.py."""


def assert_uniform(drawn: Sequence[Any], among: Sequence[Any]) -> None:
    counts = Counter(drawn)
    assert set(counts) == set(among)
    observed = [counts[each] for each in among]
    assert stats.chisquare(observed).pvalue > 1e-3


@EACH_TYPE
def test_the_size_is_the_number_of_cells(cell_type):
    assert cell_type.size == len(set(all_cells(cell_type)))


@pytest.mark.parametrize(
    ("operations", "exclude", "size"),
    [
        # Liu, Simonyan and Yang, "DARTS", ICLR 2019, section 3.1.1: 180 * 7^8, about 10^9.
        (
            "none max_pool_3x3 avg_pool_3x3 skip_connect sep_conv_3x3 sep_conv_5x5 "
            "dil_conv_3x3 dil_conv_5x5",
            {"none"},
            1_037_664_180,
        ),
        # S2, with 180 * 2^8: automl/RobustDARTS @ 3dec3fe, src/spaces.py.
        ("skip_connect sep_conv_3x3", set(), 46_080),
    ],
)
def test_the_sizes_of_published_types(operations, exclude, size):
    edges = tuple(Edge(*ends, tuple(operations.split())) for ends in DARTS_ENDS)
    cell_type = CellType("normal", 2, edges, keep=2, exclude=frozenset(exclude), output="concat")
    assert cell_type.shape == (14, len(operations.split()))
    assert cell_type.nodes == (2, 3, 4, 5)
    assert cell_type.size == size


def best_cell(scores: np.ndarray, cell_type: CellType) -> Cell:
    """The cell with the fewest pruned operations, then the highest sum; the first of equals."""
    rows = {(edge.source, edge.target): row for row, edge in enumerate(cell_type.edges)}

    def places(cell: Cell) -> list[tuple[int, int]]:
        kept = [rows[source, target] for source, target, _ in cell]
        operations = [operation for _, _, operation in cell]
        return [
            (row, cell_type.edges[row].operations.index(operation))
            for row, operation in zip(kept, operations, strict=True)
        ]

    def rank(cell: Cell) -> Any:
        values = [scores[place] for place in places(cell)]
        finite = [value for value in values if value != -inf]
        kept, columns = zip(*places(cell), strict=True)
        return len(values) - len(finite), -sum(finite), kept, columns

    return min(all_cells(cell_type), key=rank)


@EACH_TYPE
@pytest.mark.parametrize("pruned", [0.0, 0.4])
def test_the_best_operations_of_the_best_edges_are_derived(cell_type, pruned):
    """Scores are small integers, so that many are equal and sums are exact."""
    rng = np.random.default_rng(1)
    for _ in range(20):
        scores = rng.integers(-2, 3, cell_type.shape).astype(float)
        scores[rng.random(cell_type.shape) < pruned] = -inf
        assert cell_type.derive(scores) == best_cell(scores, cell_type)


def test_an_edge_is_as_good_as_an_operation_that_it_may_have():
    """`none` is the heaviest on the first edge, which does not count."""
    operations = ("none", "skip", "conv")
    edges = (Edge(0, 2, operations), Edge(1, 2, operations))
    cell_type = CellType("cell", 2, edges, keep=1, exclude=frozenset({"none"}))
    scores = np.array([[0.8, 0.1, 0.1], [0.4, 0.3, 0.3]])
    assert cell_type.derive(scores) == ((1, 2, "skip"),)


@EACH_TYPE
def test_cells_are_drawn_uniformly(cell_type):
    rng = np.random.default_rng(0)
    cells = all_cells(cell_type)
    assert_uniform([cell_type.sample(rng) for _ in range(30 * len(cells))], cells)


def test_the_draws_of_nas_bench_201_are_those_of_earlier_versions():
    """Random search is to find what it found before."""
    rng = np.random.default_rng(3)
    found = [NAS_BENCH_201.index(NAS_BENCH_201.sample(rng)) for _ in range(5)]
    assert found == [10240, 13874, 6315, 2417, 4641]


def differ_in_one_edge(cell: Cell, other: Cell) -> bool:
    return len(set(cell) - set(other)) == len(set(other) - set(cell)) == 1


@EACH_TYPE
def test_neighbours_are_all_cells_that_differ_in_one_edge(cell_type):
    """So they are in the space, differ from the cell, and the relation is symmetric."""
    cells = all_cells(cell_type)
    for cell in cells[::5]:
        neighbours = list(cell_type.neighbours(cell))
        assert len(neighbours) == len(set(neighbours))
        assert set(neighbours) == {each for each in cells if differ_in_one_edge(cell, each)}


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


@pytest.mark.parametrize("name", ["all of one input", "two but none, concat"])
def test_mutation_draws_a_neighbour_uniformly(name):
    space, rng = space_of(TYPES[name]), np.random.default_rng(0)
    start = space.sample(rng)
    neighbours = list(space.neighbours(start))
    assert_uniform([space.mutate(start, rng) for _ in range(50 * len(neighbours))], neighbours)


@EACH_TYPE
def test_a_cell_may_be_given_in_any_order(cell_type):
    for cell in all_cells(cell_type)[::7]:
        assert cell_type.cell(cell[::-1]) == cell


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
