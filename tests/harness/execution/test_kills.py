"""A run may be killed before any of its operations on files."""

import subprocess
import sys


def test_a_run_killed_anywhere_loses_doubles_and_changes_nothing(tmp_path):
    """At each 37th operation here; `kills.py` takes any other distance."""
    command = [sys.executable, "-m", "tests.harness.execution.kills", str(tmp_path), "37"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert done.stdout.endswith("kills, 12 trials, nothing lost, doubled or different\n")
