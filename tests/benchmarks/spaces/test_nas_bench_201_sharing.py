"""Which architectures share one training."""

from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from benchmarks.spaces.nas_bench_201.architecture import SIZE, operations_by_index
from benchmarks.spaces.nas_bench_201.sharing import convolves_zero, formula, representatives
from benchmarks.spaces.nas_bench_201.topology import topology

CONVOLUTION, SKIP, NONE = "nor_conv_3x3", "skip_connect", "none"


def test_known_counts():
    shared = representatives()
    assert len(set(shared)) == 4_930
    disconnected = [
        i for i in range(SIZE) if not NAS_BENCH_201.is_connected(NAS_BENCH_201.architecture(i))
    ]
    assert len({shared[index] for index in disconnected}) == 1


def test_coarser_than_the_benchmarks_topology():
    shared, by_topology = representatives(), {}
    for index, operations in enumerate(operations_by_index()):
        assert shared[index] == by_topology.setdefault(topology(operations), shared[index])


def test_formulas():
    direct = (NONE, NONE, NONE, CONVOLUTION, NONE, NONE)
    through_one = (SKIP, NONE, NONE, NONE, CONVOLUTION, NONE)
    assert formula(direct) == formula(through_one) == "(0)@nor_conv_3x3"
    of_zero = (NONE, NONE, NONE, CONVOLUTION, CONVOLUTION, NONE)
    assert formula(of_zero) == formula(direct)
    twice = (SKIP, NONE, NONE, CONVOLUTION, CONVOLUTION, NONE)
    assert formula(twice) != formula(direct)


def test_a_convolution_of_a_zero_node_that_reaches_the_output():
    of_zero = (NONE, NONE, NONE, CONVOLUTION, CONVOLUTION, NONE)
    assert convolves_zero(of_zero)
    beyond_reach = (NONE, NONE, CONVOLUTION, CONVOLUTION, NONE, NONE)
    assert not convolves_zero(beyond_reach)
    onward = (NONE, NONE, CONVOLUTION, CONVOLUTION, NONE, SKIP)
    assert convolves_zero(onward)
    assert not convolves_zero((SKIP, NONE, NONE, CONVOLUTION, CONVOLUTION, NONE))
