"""What tests of the commands share: a real process, and a results folder made by one."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.conftest import data_home_with

Process = subprocess.CompletedProcess[str]

_ARGUMENTS = (  # table lookups, which need no images
    *("--methods", "random-search,random", "--datasets", "cifar10"),
    *("--seeds", "3", "--protocol", "paper"),
)


def _run(*arguments: object, **environment: str) -> Process:
    return subprocess.run(
        [sys.executable, "-m", "harness", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
    )


@pytest.fixture(scope="session")
def harness_process() -> Callable[..., Process]:
    """`python -m harness` with some arguments, and variables of its environment by keyword."""
    return _run


@dataclass(frozen=True)
class FinishedRun:
    """A run of two methods with three seeds."""

    folder: Path
    process: Process
    arguments: tuple[str, ...]


@pytest.fixture(scope="session")
def finished(made_up_table, tmp_path_factory) -> FinishedRun:
    """A results folder, and the process that made it."""
    home = data_home_with(made_up_table, tmp_path_factory.mktemp("home"))
    folder = tmp_path_factory.mktemp("finished") / "runs"
    process = _run("run", *_ARGUMENTS, "--out", folder, HARNESS_DATA=str(home))
    assert process.returncode == 0, process.stderr
    return FinishedRun(folder, process, _ARGUMENTS)
