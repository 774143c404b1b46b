"""Cell types: what follows from them, against enumeration of all cells."""

import contextlib
import itertools
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.errors import UserError
from benchmarks.spaces import cell_facts
from benchmarks.spaces.cell_space import CellSpace
from benchmarks.spaces.cell_text import has_form, read_cell, write_cell
from benchmarks.spaces.cell_type import Cell, CellType, Edge
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from methods.asap import Asap
from methods.differentiable.hooks import Hooks
from methods.differentiable.stage import Stage

FEW = ("none", "skip", "conv")
NONE = frozenset({"none"})


def fully_connected(inputs: int, nodes: int, operations: Sequence[str] = FEW) -> tuple[Edge, ...]:
    return tuple(
        Edge(source, target, tuple(operations))
        for target in range(inputs, inputs + nodes)
        for source in range(target)
    )


TYPES = [
    CellType("all", 1, fully_connected(1, 2)),
    CellType("all-but-none", 2, fully_connected(2, 2)[:4], exclude=NONE, output="concat"),
    CellType("best", 1, fully_connected(1, 3), keep=1, exclude=NONE, output="mean"),
    CellType("two-best", 2, fully_connected(2, 2), keep=2, exclude=NONE, output="concat"),
    CellType(
        "own-lists",
        2,
        (
            Edge(0, 2, ("none", "skip", "conv")),
            Edge(1, 2, ("pool", "none", "conv")),
            Edge(0, 3, ("conv", "skip", "none")),
            Edge(1, 3, ("none", "pool", "skip")),
            Edge(2, 3, ("none", "conv", "skip")),
        ),
        keep=2,
        exclude=NONE,
    ),
]
every_type = pytest.mark.parametrize("kind", TYPES, ids=lambda each: each.name)


def cells(kind: CellType) -> Iterator[Cell]:
    """All cells, node by node: which edges are kept, and an allowed operation on each."""
    by_node = []
    for node in kind.nodes:
        entering = [edge for edge in kind.edges if edge.target == node]
        kept = kind.keep or len(entering)
        by_node.append(
            [
                tuple((e.source, node, o) for e, o in zip(edges, chosen, strict=True))
                for edges in itertools.combinations(entering, kept)
                for chosen in itertools.product(
                    *([o for o in e.operations if o not in kind.exclude] for e in edges)
                )
            ]
        )
    for parts in itertools.product(*by_node):
        yield tuple(itertools.chain(*parts))


@every_type
def test_the_size_is_the_number_of_cells(kind):
    everything = list(cells(kind))
    assert kind.size == len(everything) == len(set(everything))
    assert all(kind.cell(cell[::-1]) == cell for cell in everything)  # in whatever order


def test_known_sizes():
    """spec of NAS-Bench-201; RobustDARTS @ 3dec3fe, src/spaces.py: S2 and the space of DARTS."""
    assert NAS_BENCH_201.cell_types["cell"].size == 15_625
    two, seven = ("skip", "conv"), ("none", *map(str, range(7)))
    assert CellType("s2", 2, fully_connected(2, 4, two), keep=2).size == 46_080
    darts = CellType("darts", 2, fully_connected(2, 4, seven), keep=2, exclude=NONE)
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
    everything = set(cells(kind))
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


@every_type
def test_text_reads_back_and_broken_text_is_a_users_mistake(kind):
    for cell in itertools.islice(cells(kind), 200):
        assert read_cell(write_cell(cell), kind) == cell
    text = write_cell(next(cells(kind)))
    rng = np.random.default_rng(0)
    for _ in range(300):
        start, end = sorted(rng.integers(0, len(text) + 1, 2))
        broken = text[:start] + str(rng.choice(["", "|", "+", "~", "9", "skip~0|"])) + text[end:]
        if not has_form(broken, kind):
            continue
        with contextlib.suppress(UserError):  # and no other error
            assert kind.cell(read_cell(broken, kind))


def test_a_node_that_keeps_some_edges_reads_them_in_any_order():
    kind = TYPES[3]
    assert read_cell("|conv~1|skip~0|+|skip~2|conv~1|", kind) == read_cell(
        "|skip~0|conv~1|+|conv~1|skip~2|", kind
    )
    with pytest.raises(UserError, match="is not a cell: node 2 cannot have such an edge"):
        read_cell("|conv~1|skip~1|+|skip~2|conv~1|", kind)


@pytest.mark.parametrize(
    ("edges", "changes", "message"),
    [
        (fully_connected(1, 2)[::-1], {}, "in the order of target and source"),
        ((Edge(0, 1, FEW), Edge(0, 1, FEW)), {}, "in the order of target and source"),
        ((Edge(0, 1, FEW), Edge(0, 2, ("skip",))), {}, "equally many operations"),
        ((Edge(0, 1, FEW), Edge(0, 2, ("a", "b", "c"))), {"exclude": NONE}, "equally many"),
        ((Edge(0, 1, ("none",)),), {"exclude": NONE}, "at least one that is not excluded"),
        (fully_connected(1, 2), {"keep": 2}, "node of x has fewer than keep = 2 edges"),
    ],
)
def test_edges_that_make_no_type(edges, changes, message):
    with pytest.raises(ValueError, match=message):
        CellType("x", 1, edges, **changes)


@every_type
def test_facts_are_those_of_the_paths(kind):
    """Against all paths from an input to the output, enumerated."""
    for cell in itertools.islice(cells(kind), 0, None, max(1, kind.size // 150)):
        used = [edge for edge in cell if edge[2] != "none"]
        paths: list[list[Any]] = [[]]
        complete = []
        while paths:
            path = paths.pop()
            ends = path[-1][1] if path else None
            if path and ends in cell_facts.outputs(kind):
                complete.append(path)
            paths += [
                [*path, edge]
                for edge in used
                if (edge[0] < kind.inputs if ends is None else edge[0] == ends)
            ]
        assert cell_facts.is_connected(cell, kind) == bool(complete)
        assert cell_facts.depth(cell, kind) == max(map(len, complete), default=0)
        learned = any(operation == "conv" for path in complete for _, _, operation in path)
        assert cell_facts.learns(cell, kind, {"none", "skip", "pool"}) == learned


class Pair(CellSpace):
    """Two edges into one node, of which it keeps one."""

    name = "pair"
    cell_types = {"cell": CellType("cell", 2, (Edge(0, 2, FEW), Edge(1, 2, FEW)), keep=1)}  # noqa: RUF012
    weightless = NONE


class AlphaOfPair:
    """What hooks use of a search."""

    def __init__(self, alpha: torch.Tensor):
        self.parameters = {"alpha": {"cell": alpha}}
        self.stage = Stage({"cell": np.ones((2, 3), bool)})

    def in_double(self):
        return AlphaOfPair(self.parameters["alpha"]["cell"].double())


def kept_edge(alpha: torch.Tensor, method: Hooks | None = None) -> int:
    search: Any = AlphaOfPair(alpha)
    ((source, _, _),) = Pair().chosen(Pair().derive((method or Hooks()).score_edges(search)))[
        "cell"
    ]
    return source


def test_edges_compare_by_what_their_best_operation_weighs_on_them():
    """The edge of larger alpha does not know what it wants; the other one does."""
    alpha = torch.tensor([[3.0, 2.9, 2.8], [1.0, -3.0, -3.0]])
    assert kept_edge(alpha) == 1
    assert Pair().derive({"cell": alpha.numpy()}) == Pair().parse("|none~0|")  # by raw alpha


def test_asap_compares_by_its_logits():
    asap = Asap()
    asap.survivors = {"cell": torch.ones(2, 3, dtype=torch.bool)}
    assert kept_edge(torch.tensor([[3.0, 2.9, 2.8], [1.0, -3.0, -3.0]]), asap) == 0


def test_alphas_that_single_precision_cannot_tell_apart_as_weights_are_told_apart():
    alpha = torch.full((2, 3), 20.0)
    alpha[:, 1] = 0.0
    alpha[:, 2] = torch.nextafter(torch.tensor(20.0), torch.tensor(30.0))
    assert (alpha.softmax(-1)[0, 0] - alpha.softmax(-1)[0, 2]).abs() < 1e-6
    search: Any = AlphaOfPair(alpha)
    assert Hooks().score_edges(search)["cell"].argmax(axis=1).tolist() == [2, 2]
