"""Search spaces, by name."""

from benchmarks.registry import Registry
from benchmarks.spaces.space import TabulatedSpace

SPACES: Registry[TabulatedSpace] = Registry(
    "space", {"nas-bench-201": "benchmarks.spaces.nas_bench_201:NAS_BENCH_201"}
)
