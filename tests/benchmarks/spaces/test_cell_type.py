"""Cell types: what follows from them, against enumeration of all cells."""

from collections import Counter

import numpy as np
import pytest

from benchmarks.spaces.cell_type import CellType, Edge
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from tests.benchmarks.spaces.cell_types import NO_NONE, TYPES, all_cells

every_type = pytest.mark.parametrize("kind", TYPES.values(), ids=TYPES)


def fully_connected(inputs: int, nodes: int, operations: tuple[str, ...]) -> tuple[Edge, ...]:
    return tuple(
        Edge(source, target, operations)
        for target in range(inputs, inputs + nodes)
        for source in range(target)
    )


@every_type
def test_the_size_is_the_number_of_all_cells(kind):
    everything = all_cells(kind)
    assert kind.size == len(everything) == len(set(everything))
    assert all(kind.cell(cell[::-1]) == cell for cell in everything)  # in whatever order


def test_known_sizes():
    """spec of NAS-Bench-201; RobustDARTS @ 3dec3fe, src/spaces.py: S2 and the space of DARTS."""
    assert NAS_BENCH_201.cell_types["cell"].size == 15_625
    two, seven = ("skip", "conv"), ("none", *map(str, range(7)))
    assert CellType("s2", 2, fully_connected(2, 4, two), keep=2).size == 46_080
    darts = CellType("darts", 2, fully_connected(2, 4, seven), keep=2, exclude=NO_NONE)
    assert darts.size == 1_037_664_180
    assert darts.shape == (14, 8)


@every_type
@pytest.mark.parametrize("seed", range(20))
def test_the_derived_cell_has_the_best_edges_and_operations(kind, seed):
    """Slowly: each kept operation is its edge's best, each edge left out is no better."""
    rng = np.random.default_rng(seed)
    scores = rng.integers(0, 4, kind.shape).astype(float)  # many ties
    scores[rng.random(kind.shape) < 0.1] = -np.inf
    score_of = {
        (edge.source, edge.target, operation): score
        for edge, row in zip(kind.edges, scores, strict=True)
        for operation, score in zip(edge.operations, row, strict=True)
        if operation not in kind.exclude
    }
    found = kind.derive(scores)
    assert kind.cell(found) == found
    kept = {(source, target) for source, target, _ in found}
    for source, target, operation in found:
        own = {o: s for (a, b, o), s in score_of.items() if (a, b) == (source, target)}
        assert operation == max(own, key=own.__getitem__)  # the first among equals
        for (other, end, _), score in score_of.items():
            if end == target and (other, end) not in kept:
                better = max(own.values())
                assert score < better or (score == better and other > source)


@every_type
def test_samples_are_uniform(kind):
    rng = np.random.default_rng(5)
    draws = 60 * kind.size
    counts = Counter(kind.sample(rng) for _ in range(draws))
    assert len(counts) == kind.size
    deviations = [(count - 60) ** 2 / 60 for count in counts.values()]
    # Chi-squared: mean n - 1, variance 2 (n - 1).
    assert sum(deviations) < kind.size - 1 + 4.5 * (2 * (kind.size - 1)) ** 0.5


def test_the_draws_of_nas_bench_201_stay_what_they_were():
    """Random search and every paired comparison depend on them."""
    rng = np.random.default_rng(3)
    drawn = [NAS_BENCH_201.index(NAS_BENCH_201.sample(rng)) for _ in range(5)]
    assert drawn == [10240, 13874, 6315, 2417, 4641]


@every_type
def test_neighbours_differ_in_one_edge_and_are_mutual(kind):
    everything = set(all_cells(kind))
    neighbours = {cell: list(kind.neighbours(cell)) for cell in everything}
    for cell, found in neighbours.items():
        assert len(found) == len(set(found))
        expected = {each for each in everything if len(set(each) - set(cell)) == 1}
        assert set(found) == expected
        assert all(cell in neighbours[each] for each in found)


def test_a_mutation_is_a_uniform_neighbour():
    rng = np.random.default_rng(1)
    start = NAS_BENCH_201.parse("284")
    counts = Counter(NAS_BENCH_201.mutate(start, rng) for _ in range(4_800))
    assert set(counts) == set(NAS_BENCH_201.neighbours(start))
    assert max(abs(count - 200) for count in counts.values()) < 4.5 * 200**0.5
