"""Searches of seconds by darts-1st, in processes of their own, and what they end in."""

import sys
from typing import Any

import harness
from harness.storage.store import Store

SMALL = {"channels": "4", "cells_per_stage": "1", "batch_size": "8", "epochs": "3"}
TINY = {**SMALL, "steps_per_epoch": "2"}

COMPARED = [
    *["seed", "dataset", "state", "collapsed", "architecture", "test_value", "key", "device"],
]


def command(out, *more, seeds="2") -> list[str]:
    """Return the command that searches CIFAR-10 briefly, into the folder `out`."""
    settings = [text for pair in TINY.items() for text in ("--set", "=".join(pair))]
    return [
        *[sys.executable, "-m", "harness", "run", "--methods", "darts-1st", "--seeds", seeds],
        *["--datasets", "cifar10", "--protocol", "common", "--no-report", "--out", str(out)],
        *settings,
        *more,
    ]


def outcome(out) -> tuple[Any, list[Any]]:
    """Return the results and events of a folder, timings and memory left out."""
    store = Store.open(out)
    events = [
        (event.architecture, dict(event.measured), event.arrays)
        for record in store.records()
        for event in store.events(record.key)
    ]
    for _, measured, _ in events:
        del measured["epoch_seconds"], measured["peak_memory_mib"]
    return harness.results(out)[COMPARED], events
