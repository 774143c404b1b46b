"""Kill a run before each of its operations on files, resume it, and compare; run as a script.

    python -m tests.harness.execution.kills FOLDER EVERY

A child process is killed by SIGKILL just before the n-th time that it opens a file for writing,
renames, removes or makes something in its results folder; the next child runs the same command to
its end. That is done for each EVERY-th n. Prints the number of kills; an assertion fails where a
trial was lost, done twice or came out differently.
"""

import dataclasses
import io
import os
import signal
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

from rich.console import Console

import harness
from benchmarks.spaces.nas_bench_201 import NasBench201
from benchmarks.training.protocol import PROTOCOLS
from harness.execution import run_trial
from harness.storage.evaluated import read_searches
from harness.storage.store import Store

_CHANGING = {"os.rename", "os.remove", "os.mkdir"}
_MOVING = {"seconds", "finished_at", "peak_memory_mib", "cpu_seconds", "epoch_seconds"}
"""Measurements of time and memory, which no two runs share."""


SETTINGS = {
    "epochs": 2,
    "steps_per_epoch": 2,
    "channels": 4,
    "cells_per_stage": 1,
    "batch_size": 8,
}


def run(out: Path, executor: str = "debug", seeds: int = 2) -> None:
    """Search by three methods, and train what they find."""
    PROTOCOLS["tiny"] = dataclasses.replace(PROTOCOLS["tiny"], epochs=2, early_epochs=1)
    NasBench201.network_sizes = {"tiny": {"channels": 2, "cells_per_stage": 1}}
    harness.run(
        "random-search,random,darts-1st",
        seeds=seeds,
        settings=SETTINGS,
        train="tiny",
        train_seeds=2,
        executor=executor,
        out=out,
        report=False,
        console=Console(file=io.StringIO()),
    )


def in_child(work: Callable[[], None]) -> int:
    """Do work in a forked process; return its exit code, or minus the signal that ended it."""
    child = os.fork()
    if not child:
        work()
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def killed_at(out: Path, operation: int, ran: Path) -> None:
    """Run, and kill this process before that operation on files; log the trials it computes."""
    seen = 0

    def count(event: str, arguments: tuple[Any, ...]) -> None:
        nonlocal seen
        is_writing = event == "open" and arguments[2] & (os.O_WRONLY | os.O_RDWR)
        if (is_writing or event in _CHANGING) and str(arguments[0]).startswith(f"{out}{os.sep}"):
            seen += 1
            if seen == operation:
                os.kill(os.getpid(), signal.SIGKILL)

    compute = run_trial._compute

    def logged(trial: Any, *others: Any) -> Any:
        record = compute(trial, *others)
        with ran.open("a") as file:
            file.write(trial.key + "\n")
        return record

    run_trial._compute = logged
    sys.addaudithook(count)
    run(out)


def outcome(out: Path) -> tuple[Any, ...]:
    """What a run leaves: records, events and accuracies, without times."""
    store = Store.open(out)
    records = {record.key: _fixed(dataclasses.asdict(record)) for record in store.records()}
    events = {
        key: [_fixed(dataclasses.asdict(event)) for event in store.events(key)] for key in records
    }
    accuracies = {each.record.key: each.evaluations for each in read_searches(store)}
    assert all(accuracies.values())
    return records, events, accuracies


def _fixed(content: Any) -> Any:
    if isinstance(content, dict):
        return {name: _fixed(each) for name, each in content.items() if name not in _MOVING}
    return content


def main(folder: Path, every: int) -> None:
    """Kill at each `every`-th operation of an unbroken run, and compare."""
    run(folder / "warm")  # imports everything, once for all children
    whole, log = folder / "whole", folder / "ran"
    assert in_child(partial(killed_at, whole, 0, log)) == 0
    expected, trials = outcome(whole), log.read_text().split()
    assert len(trials) == len(set(trials)) == len(expected[0])
    operation, kills = 1, 0
    while True:
        out, log = folder / f"killed-{operation}", folder / f"ran-{operation}"
        ended = in_child(partial(killed_at, out, operation, log))
        if ended == 0:
            break
        assert ended == -signal.SIGKILL
        kills += 1
        finished = {record.key for record in Store(out).records()}
        before = log.read_text().split() if log.exists() else []
        assert in_child(partial(killed_at, out, 0, log)) == 0
        again = set(log.read_text().split()[len(before) :])
        assert outcome(out) == expected, f"operation {operation}"
        assert not finished & again, f"operation {operation}: a finished trial was run again"
        operation += every
    sys.stdout.write(f"{kills} kills, {len(trials)} trials, nothing lost, doubled or different\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
