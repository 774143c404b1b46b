"""The first layer: ten steps in float64 have the recorded numbers, bit for bit where possible.

Kernels differ between processors, instruction sets and versions of torch in the last bits of a
number, so equal bits are required only in the recorded environment, and 1e-9 relative in others.
"""

import time
from collections.abc import Iterator, Mapping, Sequence

from harness.guard.baselines.baseline import MethodBaseline
from harness.guard.environments.environment import environment_difference, this_environment
from harness.guard.finding import Finding
from harness.guard.probes.step_difference import EXACT, ROUNDING, Tolerance, first_difference
from harness.guard.probes.ten_steps import Step, measure_ten_steps
from methods import METHODS, version_of


def judge_bits(
    methods: Mapping[str, MethodBaseline], recorded_environment: Mapping[str, str]
) -> Iterator[Finding]:
    """Compute the ten steps of each method and compare them with the recorded ones."""
    difference = environment_difference(recorded_environment, this_environment())
    tolerance, how = EXACT, "bit for bit"
    if difference:
        tolerance, how = ROUNDING, f"within {ROUNDING.relative:g} ({difference})"
    for name, recorded in methods.items():
        started = time.perf_counter()
        moved = _compare_steps(name, recorded.ten_steps, tolerance)
        state, reason = "kept", f"ten steps match the baseline {how}"
        if moved:
            state, reason = "moved", f"{moved}. {_advice(name, recorded.version)}"
        yield Finding("bits", name, state, reason, time.perf_counter() - started)


def _compare_steps(name: str, recorded: Sequence[Step], tolerance: Tolerance) -> str | None:
    try:
        now = measure_ten_steps(METHODS[name])
    except Exception as error:  # whatever a change broke is a finding, and other methods continue
        return f"the ten steps raise {type(error).__name__}: {error}"
    return first_difference(recorded, now, tolerance)


def _advice(name: str, recorded_version: str) -> str:
    version = version_of(METHODS[name])
    if version != recorded_version:
        return (
            f"The method's version changed from {recorded_version} to {version}: if its results "
            "were meant to change, update the baseline with --update --reason."
        )
    return (
        f"The method's version is still {version}: undo the change, or raise the version and "
        "update the baseline with --update --reason."
    )
