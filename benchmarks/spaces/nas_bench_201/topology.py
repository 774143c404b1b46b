"""Isomorphic architectures of NAS-Bench-201.

The benchmark's rule (`get_unique_str` of NATS-Bench, with zeros): an edge is zero if it is `none`
or if its source is a single zero; `skip_connect` is its source node; a node is the unordered sum of
its edges. This distinguishes 6,466 of the 15,625 architectures. The papers count by this rule, but
it compares formulas as text and so misses some equivalences: it keeps every zero of a sum, and a
sum that passes through `skip_connect` is sorted as one term. With zeros dropped and sums flattened,
4,930 remain.
"""

from collections.abc import Sequence
from functools import cache

from benchmarks.spaces.nas_bench_201.architecture import (
    EDGES,
    Architecture,
    operations_by_index,
)

# The benchmark's symbols: sums are sorted as text, so other symbols could change the order.
_ZERO = "#"
_INPUT = "0"


def topology(operations: Sequence[str]) -> str:
    """Return the cell's output as a formula over its input, equal for isomorphic architectures."""
    terms: dict[int, list[str]] = {1: [], 2: [], 3: []}
    formula = {0: _INPUT}
    for (source, target), operation in zip(EDGES, operations, strict=True):
        if source not in formula:
            formula[source] = "+".join(sorted(terms[source]))
        if operation == "none" or formula[source] == _ZERO:
            terms[target].append(_ZERO)
        elif operation == "skip_connect":
            terms[target].append(formula[source])
        else:
            terms[target].append(f"({formula[source]})@{operation}")
    return "+".join(sorted(terms[3]))


@cache
def _representatives() -> dict[str, tuple[str, ...]]:
    representatives: dict[str, tuple[str, ...]] = {}
    for operations in operations_by_index():
        representatives.setdefault(topology(operations), operations)
    return representatives


def canonical(architecture: Architecture) -> Architecture:
    """Return the isomorphic architecture of lowest index."""
    return Architecture(_representatives()[topology(architecture.operations)])
