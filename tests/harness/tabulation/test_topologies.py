"""Which architectures are trained for a table, and in which order."""

from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from benchmarks.spaces.nas_bench_201.architecture import operations_by_index
from benchmarks.spaces.nas_bench_201.sharing import convolves_zero, representatives
from harness.tabulation.topologies import topologies
from tests.harness.tabulation.made_up_table import ORDER


def test_order_is_a_fixed_shuffle_of_the_connected_representatives():
    assert len(ORDER) == len(set(ORDER)) == 4_929
    assert all(NAS_BENCH_201.is_connected(NAS_BENCH_201.architecture(index)) for index in ORDER)
    assert tuple(sorted(ORDER)) != ORDER
    assert ORDER[:3] == (10276, 4437, 2913)  # another order would train others under --limit


def test_architectures_that_share_a_training_for_the_check_are_not_their_own():
    for index in topologies("nas-bench-201").nearly_shared:
        assert representatives()[index] != index
        assert convolves_zero(operations_by_index()[index])
