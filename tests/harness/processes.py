"""The command line in a process of its own, as a user runs it."""

import subprocess
import sys


def run_harness(*arguments, **options) -> subprocess.CompletedProcess[str]:
    """Run `python -m harness ARGUMENTS` and capture its output; options are those of `run`."""
    return subprocess.run(
        [sys.executable, "-m", "harness", *map(str, arguments)],
        capture_output=True, text=True, **options,
    )  # fmt: skip
