"""How long the table takes to open and to answer. Run by `tox -e bench`."""

import numpy as np
import pytest

from benchmarks.spaces.nas_bench_201.architecture import SIZE
from benchmarks.tables import table as tables

MILLION = 1_000_000


@pytest.fixture(scope="module")
def table(made_up_table):
    return tables.read_table(made_up_table)


def test_open(benchmark, made_up_table):
    """The aim is 50 ms."""
    benchmark(tables.read_table, made_up_table)


@pytest.mark.parametrize("what", ["accuracy", "rank", "percentile"])
def test_a_million_lookups(benchmark, table, what):
    """The aim is 0.1 s for accuracies."""
    indices = np.random.default_rng(0).integers(SIZE, size=MILLION)
    query = table.evaluation("cifar10").test
    benchmark(getattr(table, what), query, indices)
