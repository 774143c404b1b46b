"""Trials cut into batches for workers."""

import pytest

from harness.execution.batches import make_batches


@pytest.mark.parametrize(
    ("count", "each", "jobs", "size"),
    [
        (500, 0.002, 2, 63),  # milliseconds: few batches, but several a worker
        (5, 600.0, 2, 1),  # minutes: each is a batch of its own
        (10_000, 0.002, 2, 500),  # a batch lasts about a second
        (1, 0.001, 4, 1),
    ],
)
def test_batches(count, each, jobs, size):
    trial = object()
    cut = make_batches([trial] * count, count * each, jobs)  # type: ignore[list-item]
    assert max(map(len, cut)) == size
    assert sum(map(len, cut)) == count
