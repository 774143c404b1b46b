"""Which architectures of NAS-Bench-201 may share one training.

Coarser than the benchmark's own `topology`, which compares formulas as text: here a zero adds
nothing to a sum and sums are regrouped, so 4,930 networks remain of 15,625. All that share are the
same function, except that a convolution of a zero node counts as a zero although its BatchNorm
shifts it by a learned constant.
"""

from collections.abc import Sequence
from functools import cache

from benchmarks.spaces.nas_bench_201.architecture import EDGES, SIZE, operations_by_index

_Terms = tuple[str, ...]


def formula(operations: Sequence[str]) -> str:
    """The cell's output as a sum of terms over its input; '' where it is zero."""
    terms: dict[int, _Terms] = {0: ("0",), 1: (), 2: (), 3: ()}
    for (source, target), operation in zip(EDGES, operations, strict=True):
        # Edges come in the order of their targets, so the source's sum is complete.
        if operation == "none" or not terms[source]:
            continue
        if operation == "skip_connect":
            terms[target] += terms[source]
        else:
            terms[target] += (f"({'+'.join(sorted(terms[source]))})@{operation}",)
    return "+".join(sorted(terms[3]))


@cache
def representatives() -> tuple[int, ...]:
    """For each index the lowest index of those that share its training; shape (15625,)."""
    first: dict[str, int] = {}
    return tuple(
        first.setdefault(formula(operations_by_index()[index]), index) for index in range(SIZE)
    )
