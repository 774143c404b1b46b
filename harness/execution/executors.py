"""Executors by name."""

from benchmarks.errors import unknown
from harness.execution.debug import DebugExecutor
from harness.execution.executor import Executor, Watch
from harness.execution.local import LocalExecutor
from harness.execution.run_trial import Context

NAMES = ("local", "debug")


def check(name: str) -> None:
    """Check the name of an executor; UserError if it is unknown."""
    if name not in NAMES:
        raise unknown("executor", name, NAMES)


def make_executor(name: str, context: Context, jobs: int, watch: Watch) -> Executor:
    """Return the executor of that name: `jobs` worker processes, or this process alone."""
    check(name)
    if name == "debug":
        return DebugExecutor(context, watch)
    return LocalExecutor(context, jobs, watch)
