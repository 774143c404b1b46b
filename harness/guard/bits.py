"""The first layer: ten steps in float64 are the recorded ones, bit for bit where that can be asked.

Kernels differ between processors, instruction sets and versions of torch in a number's last bits,
so equal bits are asked for only in the recorded environment, and 1e-9 relative elsewhere.
"""

import math
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from harness.guard import environment, ten_steps
from harness.guard.baseline import MethodBaseline
from harness.guard.finding import Finding
from harness.guard.ten_steps import Step
from methods import METHODS, version_of

TOLERANCE = 1e-9
"""Relative, in another environment than the recorded one."""

_SMALLEST = 1e-12
"""Absolute, below which a difference is never one: alpha can be close to 0."""

Tolerance = tuple[float, float]
"""Relative and absolute; zeros ask for equal bits."""

EXACT: Tolerance = (0.0, 0.0)


def judge(
    methods: Mapping[str, MethodBaseline], recorded_environment: Mapping[str, str]
) -> Iterator[Finding]:
    """Compute the ten steps of each method here, and compare them with the recorded ones."""
    elsewhere = environment.difference(recorded_environment, environment.here())
    tolerance, how = EXACT, "bit for bit"
    if elsewhere:
        tolerance, how = (TOLERANCE, _SMALLEST), f"within {TOLERANCE:g} ({elsewhere})"
    for name, recorded in methods.items():
        started = time.perf_counter()
        moved = _moved(name, recorded.ten_steps, tolerance)
        reason = f"ten steps are the recorded ones, {how}"
        if moved:
            reason = f"{moved}. {_advice(name, recorded.version)}"
        state = "moved" if moved else "kept"
        yield Finding("bits", name, state, reason, time.perf_counter() - started)


def _moved(name: str, recorded: Sequence[Step], tolerance: Tolerance) -> str | None:
    try:
        now = ten_steps.steps(METHODS[name])
    except Exception as error:  # whatever the change broke: the guard says so, and goes on
        return f"the ten steps end in {type(error).__name__}: {error}"
    return first_difference(recorded, now, tolerance)


def first_difference(
    recorded: Sequence[Step], now: Sequence[Step], tolerance: Tolerance
) -> str | None:
    """Where steps first differ, in words; None if nowhere."""
    if len(recorded) != len(now):
        return f"{len(now)} steps are recorded where there were {len(recorded)}"
    for before, after in zip(recorded, now, strict=True):
        for what in dict.fromkeys([*before, *after]):
            where = f"step {before['step']}, {what}"
            if what not in before or what not in after:
                return f"{where}: {'no longer' if what in before else 'newly'} there"
            told = _difference(before[what], after[what], tolerance)
            if told:
                return f"{where}: {told}"
    return None


def _difference(before: Any, after: Any, tolerance: Tolerance) -> str | None:
    """How a number, a text or a list of numbers differs from what it was."""
    pairs = list(zip(_listed(before), _listed(after), strict=False))
    if len(_listed(before)) != len(_listed(after)):
        return f"{len(_listed(after))} numbers instead of {len(_listed(before))}"
    wrong = [pair for pair in pairs if not _is_same(*pair, tolerance)]
    if not wrong:
        return None
    if any(isinstance(each, str) for pair in wrong for each in pair):
        return f"{wrong[0][1]} instead of {wrong[0][0]}"
    largest = max(abs(now - then) for then, now in wrong)
    return (
        f"{wrong[0][1]!r} instead of {wrong[0][0]!r} "
        f"({len(wrong)} of {len(pairs)} numbers differ, by up to {largest:.2g})"
    )


def _is_same(before: Any, after: Any, tolerance: Tolerance) -> bool:
    if isinstance(before, str) or isinstance(after, str):
        return before == after
    relative, absolute = tolerance
    return math.isclose(before, after, rel_tol=relative, abs_tol=absolute)


def _listed(value: Any) -> Sequence[Any]:
    return value if isinstance(value, list | tuple) else [value]


def _advice(name: str, recorded_version: str) -> str:
    version = version_of(METHODS[name])
    if version != recorded_version:
        return (
            f"The version is {version} and was {recorded_version}: if its results were meant to "
            "move, move the baseline with --update --reason."
        )
    return (
        f"The version is {version} as before: undo what moved it, or raise the version and move "
        "the baseline with --update --reason."
    )
