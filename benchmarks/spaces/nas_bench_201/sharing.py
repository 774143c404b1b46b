"""Which architectures of NAS-Bench-201 may share one training.

This is coarser than the benchmark's `topology`, which compares formulas as text: here zeros are
dropped from sums and sums are flattened, which leaves 4,930 of 15,625 networks. Architectures that
share a training compute the same function, with one exception: a convolution of a zero node counts
as zero, although its BatchNorm shifts it by a learned constant.
"""

from collections.abc import Sequence
from functools import cache

from benchmarks.spaces.nas_bench_201.architecture import EDGES, SIZE, operations_by_index

_Terms = tuple[str, ...]


def formula(operations: Sequence[str]) -> str:
    """Return the cell's output as a sum of terms over its input; '' if it is zero."""
    terms: dict[int, _Terms] = {0: ("0",), 1: (), 2: (), 3: ()}
    for (source, target), operation in zip(EDGES, operations, strict=True):
        # Edges are ordered by target, so the source's sum is complete.
        if operation == "none" or not terms[source]:
            continue
        if operation == "skip_connect":
            terms[target] += terms[source]
        else:
            terms[target] += (f"({'+'.join(sorted(terms[source]))})@{operation}",)
    return "+".join(sorted(terms[3]))


def convolves_zero(operations: Sequence[str]) -> bool:
    """Return whether a path to the output begins with a convolution of a zero node.

    Such an architecture shares another one's training although their functions differ.
    """
    is_zero, begins = {0: False}, {0: False}
    for target in (1, 2, 3):
        incoming = [
            (source, operation)
            for (source, end), operation in zip(EDGES, operations, strict=True)
            if end == target and operation != "none"
        ]
        is_zero[target] = all(is_zero[source] for source, _ in incoming)
        begins[target] = any(
            begins[source] or (is_zero[source] and operation.startswith("nor_conv"))
            for source, operation in incoming
        )
    return begins[3]


@cache
def representatives() -> tuple[int, ...]:
    """Return, by index, the lowest index that shares the training; shape (15625,)."""
    first: dict[str, int] = {}
    return tuple(
        first.setdefault(formula(operations_by_index()[index]), index) for index in range(SIZE)
    )
