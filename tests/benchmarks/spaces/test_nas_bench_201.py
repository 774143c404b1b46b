"""NAS-Bench-201's architectures against what the benchmark publishes of them."""

import itertools
import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201 as space
from benchmarks.spaces.nas_bench_201 import topology
from benchmarks.spaces.nas_bench_201.architecture import EDGES, OPERATIONS, SIZE, Architecture

SHORT = {
    "none": "none",
    "skip": "skip_connect",
    "c1": "nor_conv_1x1",
    "c3": "nor_conv_3x3",
    "pool": "avg_pool_3x3",
}

# index, operations on edges 1<-0; 2<-0, 2<-1; 3<-0, 3<-1, 3<-2, parameters and million MACs on
# CIFAR-10, parameters on CIFAR-100, million MACs on ImageNet16-120. From the reference networks.
ORACLES = [
    (0, "pool c1 skip c1 skip skip", 129_306, 15.64737, 135_156, 3.91948),
    (1, "c3 c3 pool skip c3 skip", 802_426, 113.95137, 808_276, 28.49548),
    (284, "skip skip skip none c1 none", 101_306, 11.71521, 107_156, 2.93644),
    (1462, "c3 c3 c3 c3 c3 c3", 1_531_546, 220.11969, 1_537_396, 55.03756),
    (1651, "none none none none none none", 73_306, 7.78305, 79_156, 1.95340),
    (1835, "skip skip skip skip skip skip", 73_306, 7.78305, 79_156, 1.95340),
    (2211, "none none c3 skip skip c1", 344_346, 47.10465, 350_196, 11.78380),
    (6111, "c3 c3 c3 skip c3 c1", 1_073_466, 153.27297, 1_079_316, 38.32588),
    (9930, "c3 c3 c3 skip c3 c3", 1_288_506, 184.73025, 1_294_356, 46.19020),
    (15474, "skip none c3 pool c3 c3", 802_426, 113.95137, 808_276, 28.49548),
]

architectures = st.tuples(*[st.sampled_from(OPERATIONS)] * len(EDGES)).map(Architecture)


@pytest.mark.parametrize(
    ("index", "edges", "parameters", "macs", "parameters100", "macs16"), ORACLES
)
def test_oracles(index, edges, parameters, macs, parameters100, macs16):
    architecture = Architecture.from_index(index)
    assert architecture.operations == tuple(SHORT[edge] for edge in edges.split())
    assert architecture.index == index
    assert space.parameters(architecture, "cifar10") == parameters
    assert space.parameters(architecture, "cifar100") == parameters100
    assert space.macs(architecture, "cifar10") / 1e6 == pytest.approx(macs, abs=5e-6)
    assert space.macs(architecture, "imagenet16-120") / 1e6 == pytest.approx(macs16, abs=1e-5)


@given(architectures)
def test_text_and_index_round_trip(architecture):
    assert space.parse(str(architecture)) == architecture
    assert space.parse(str(architecture.index)) == architecture


def test_text_is_the_benchmarks_own():
    assert str(Architecture.from_index(0)) == (
        "|avg_pool_3x3~0|+|nor_conv_1x1~0|skip_connect~1|"
        "+|nor_conv_1x1~0|skip_connect~1|skip_connect~2|"
    )


def test_architectures_are_values():
    first, second = Architecture.from_index(5), Architecture.from_index(5)
    assert first == second
    assert len({first, second}) == 1
    with pytest.raises(AttributeError):
        first.operations = second.operations  # type: ignore[misc]


def test_6466_topologies():
    everything = (Architecture.from_index(index) for index in range(SIZE))
    assert len({topology.topology(each.operations) for each in everything}) == 6_466


def test_6466_canonical_forms():
    everything = (Architecture.from_index(index) for index in range(SIZE))
    assert len({space.canonical(architecture) for architecture in everything}) == 6_466


def test_341_disconnected_outputs():
    everything = (Architecture.from_index(index) for index in range(SIZE))
    assert sum(not space.is_connected(architecture) for architecture in everything) == 341


def _output(operations, inputs: np.ndarray) -> np.ndarray:
    """The cell as a function of numbers: an independent check of what `canonical` may join."""
    functions = {
        "none": lambda x: 0 * x,
        "skip_connect": lambda x: x,
        "nor_conv_1x1": lambda x: np.sin(3 * x) + 0.1 * x,
        "nor_conv_3x3": lambda x: np.tanh(2 * x) - 0.3 * x,
        "avg_pool_3x3": lambda x: 0.7 * x**3,
    }
    nodes = [inputs, 0, 0, 0]
    for (source, target), operation in zip(EDGES, operations, strict=True):
        nodes[target] = nodes[target] + functions[operation](nodes[source])
    return nodes[3]


@given(architectures)
def test_canonical_form_computes_the_same(architecture):
    canonical = space.canonical(architecture)
    inputs = np.linspace(-1, 1, 7)
    np.testing.assert_allclose(
        _output(architecture.operations, inputs),
        _output(canonical.operations, inputs),
        atol=1e-12,
    )
    assert space.canonical(canonical) == canonical
    assert canonical.index <= architecture.index


def test_canonical_form_joins_a_known_pair():
    """Node 1 is the input itself, so it does not matter which of the two node 2 takes what from."""
    rest = ("none", "none", "nor_conv_1x1")
    first = Architecture(("skip_connect", "nor_conv_3x3", "avg_pool_3x3", *rest))
    second = Architecture(("skip_connect", "avg_pool_3x3", "nor_conv_3x3", *rest))
    assert first != second
    assert space.canonical(first) == space.canonical(second)


def test_edges_are_in_the_order_of_alpha():
    edges = space.cell_types["cell"].edges
    assert [(edge.target, edge.source) for edge in edges] == [
        *[(1, 0), (2, 0), (2, 1)],
        *[(3, 0), (3, 1), (3, 2)],
    ]
    assert all(edge.operations == OPERATIONS for edge in edges)


def test_sampling_is_uniform_on_every_edge():
    """A chi-square of each edge's counts; the limit is far beyond chance for 4 degrees."""
    rng, draws = np.random.default_rng(0), 5_000
    drawn = [space.sample(rng).operations for _ in range(draws)]
    for edge in range(len(EDGES)):
        counts = Counter(operations[edge] for operations in drawn)
        expected = draws / len(OPERATIONS)
        assert sum((counts[name] - expected) ** 2 / expected for name in OPERATIONS) < 25


def test_sampled_edges_are_independent():
    rng = np.random.default_rng(1)
    pairs = Counter(space.sample(rng).operations[:2] for _ in range(5_000))
    assert len(pairs) == len(list(itertools.product(OPERATIONS, repeat=2)))
    assert max(pairs.values()) < 2 * min(pairs.values())


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "|nor_conv_3x3~0|",
            "is not an architecture of nas-bench-201. Give an index from 0 to 15624",
        ),
        ("15625", "Index 15625 is not in NAS-Bench-201"),
        ("-1", "Index -1 is not in NAS-Bench-201"),
        (
            "|nor_conv_3x4~0|+|none~0|none~1|+|none~0|none~1|none~2|",
            r"Edge 'nor_conv_3x4~0' into node 1 has the unknown operation 'nor_conv_3x4'. "
            r"Did you mean 'nor_conv_3x3'\?",
        ),
        (
            "|none~0|+|none~0|none~0|+|none~0|none~1|none~2|",
            "Edge 'none~0' into node 2 should come from node 1: write it as 'none~1'",
        ),
        ("|none~0|+|none~0|+|none~0|none~1|none~2|", "Node 2 .* has 1 incoming edges instead of 2"),
    ],
)
def test_wrong_text_says_which_edge(text, message):
    with pytest.raises(UserError, match=message):
        space.parse(text)


def test_drawing_shows_every_operation_but_none():
    drawing = space.draw(Architecture.from_index(284))
    assert drawing.count("skip_connect") == 3
    assert drawing.count("nor_conv_1x1") == 1
    assert "none" not in drawing


def test_the_space_imports_no_torch():
    code = (
        "import sys; from benchmarks.spaces import SPACES; SPACES['nas-bench-201']; "
        "print('torch' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_unknown_space():
    with pytest.raises(
        UserError, match=r"Unknown space 'nas-bench-101'. Did you mean 'nas-bench-201'\?"
    ):
        SPACES["nas-bench-101"]
