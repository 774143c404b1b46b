"""Which architectures of NAS-Bench-201 are the same network under another name.

The benchmark's rule (`get_unique_str` of NATS-Bench, with zeros): an edge `none`, and any edge out
of a node that is one single zero, is a zero; `skip_connect` is the node it comes from; a node is
the unordered sum of its edges. It tells 6,466 of the 15,625 architectures apart. It compares
formulas as text, so it is the rule by which the papers count and not the coarsest true one: it
keeps every zero of a sum, and a sum that arrives through `skip_connect` is sorted as one piece.
With zeros dropped and sums regrouped, 4,930 remain.
"""

from collections.abc import Sequence
from functools import cache

from benchmarks.spaces.nas_bench_201.architecture import (
    EDGES,
    Architecture,
    operations_by_index,
)

# The benchmark's own symbols: where sums are sorted as text, other symbols would sort otherwise.
_ZERO = "#"
_INPUT = "0"


def topology(operations: Sequence[str]) -> str:
    """The cell's output as a formula over its input; equal for isomorphic architectures."""
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


def is_connected(operations: Sequence[str]) -> bool:
    """Whether any path without `none` leads from input to output; 341 architectures have none."""
    reached = {0}
    for (source, target), operation in zip(EDGES, operations, strict=True):
        if source in reached and operation != "none":
            reached.add(target)
    return 3 in reached


def learns(operations: Sequence[str]) -> bool:
    """Whether any path without `none` from input to output goes through a convolution."""
    reached, learned = {0}, set()
    for (source, target), operation in zip(EDGES, operations, strict=True):
        if source in reached and operation != "none":
            reached.add(target)
            if source in learned or operation.startswith("nor_conv"):
                learned.add(target)
    return 3 in learned


@cache
def _representatives() -> dict[str, tuple[str, ...]]:
    representatives: dict[str, tuple[str, ...]] = {}
    for operations in operations_by_index():
        representatives.setdefault(topology(operations), operations)
    return representatives


def canonical(architecture: Architecture) -> Architecture:
    """The architecture of lowest index among the isomorphic ones."""
    return Architecture(_representatives()[topology(architecture.operations)])
