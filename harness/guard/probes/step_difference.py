"""Differences between two runs of the ten steps."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from harness.guard.probes.ten_steps import Step


@dataclass(frozen=True)
class Tolerance:
    """The larger of the two applies."""

    relative: float
    absolute: float
    """Needed because alpha can be close to 0."""


EXACT = Tolerance(0.0, 0.0)
"""Equal bits."""

ROUNDING = Tolerance(relative=1e-9, absolute=1e-12)
"""More than environments differ by."""


def first_difference(
    recorded: Sequence[Step], now: Sequence[Step], tolerance: Tolerance
) -> str | None:
    """Describe where steps first differ; None if they do not."""
    if len(recorded) != len(now):
        return f"{len(now)} steps instead of {len(recorded)}"
    for before, after in zip(recorded, now, strict=True):
        for name in dict.fromkeys([*before, *after]):
            where = f"step {before['step']}, {name}"
            if name not in before or name not in after:
                return f"{where}: {'missing' if name in before else 'not in the baseline'}"
            difference = _describe_difference(before[name], after[name], tolerance)
            if difference:
                return f"{where}: {difference}"
    return None


def largest_difference(before: Sequence[Step], after: Sequence[Step]) -> float:
    """Return the largest absolute difference between any two numbers of matching steps."""
    differences = (
        abs(now - then)
        for one, other in zip(before, after, strict=True)
        for name, value in one.items()
        if name != "step" and not isinstance(value, str)
        for then, now in zip(_as_list(value), _as_list(other[name]), strict=True)
    )
    return max(differences, default=0.0)


def _describe_difference(before: Any, after: Any, tolerance: Tolerance) -> str | None:
    """Compare a number, a text or a list of numbers."""
    then, now = _as_list(before), _as_list(after)
    if len(then) != len(now):
        return f"{len(now)} numbers instead of {len(then)}"
    differing = [pair for pair in zip(then, now, strict=True) if not _is_close(*pair, tolerance)]
    if not differing:
        return None
    first_then, first_now = differing[0]
    if any(isinstance(each, str) for pair in differing for each in pair):
        return f"{first_now} instead of {first_then}"
    largest = max(abs(now - then) for then, now in differing)
    return (
        f"{first_now!r} instead of {first_then!r} "
        f"({len(differing)} of {len(then)} numbers differ, by up to {largest:.2g})"
    )


def _is_close(before: Any, after: Any, tolerance: Tolerance) -> bool:
    if isinstance(before, str) or isinstance(after, str):
        return before == after
    return math.isclose(before, after, rel_tol=tolerance.relative, abs_tol=tolerance.absolute)


def _as_list(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]
