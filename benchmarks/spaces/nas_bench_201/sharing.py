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


def convolves_zero(operations: Sequence[str]) -> bool:
    """Whether a path to the output begins with a convolution of a node that is zero.

    Such an architecture shares the training of another one although it is not the same function.
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
    """For each index the lowest index of those that share its training; shape (15625,)."""
    first: dict[str, int] = {}
    return tuple(
        first.setdefault(formula(operations_by_index()[index]), index) for index in range(SIZE)
    )
