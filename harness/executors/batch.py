"""A batch of trials, run one after the other in one process.

Trials of milliseconds share a process; a trial of hours is a batch of its own.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness import trial as trials
from harness.record import Record
from harness.store import Store
from harness.trial import SearchTrial

_BATCH_SECONDS = 1.0  # so that progress moves, and little is waited for after a batch is lost
_BATCHES_A_WORKER = 4  # so that workers end at about the same time


@dataclass(frozen=True)
class Context:
    """Where a run writes, and what every record of it says of the run."""

    store: Path
    command: str
    commit: str | None


def batches(planned: Sequence[SearchTrial], seconds: float, jobs: int) -> list[list[SearchTrial]]:
    """Cut trials that take `seconds` together into batches for `jobs` workers."""
    each = seconds / max(len(planned), 1)
    fitting = math.ceil(_BATCH_SECONDS / max(each, 1e-6))
    fair = math.ceil(len(planned) / (jobs * _BATCHES_A_WORKER))
    size = max(1, min(fitting, fair))
    return [list(planned[start : start + size]) for start in range(0, len(planned), size)]


def run(context: Context, batch: Sequence[SearchTrial]) -> list[Record]:
    """Run what is not finished of a batch; return the records that there are at the end.

    A trial that another process holds is left to it and has no record here.

    Raises:
        UserError: a record cannot be written.
    """
    store = Store(context.store)
    records = []
    for trial in batch:
        with store.claim(trial.key) as is_ours:
            if not is_ours:
                continue
            record = store.read(trial.key)
            if record is None:
                events: list[dict[str, Any]] = []
                record = trials.run(trial, events.append)
                record = replace(record, command=context.command, commit=context.commit)
                store.finish(record, events)
            records.append(record)
    return records


def bury(context: Context, batch: Sequence[SearchTrial], reason: str) -> Record | None:
    """After a batch's process died: record as failed the trial that it was running.

    Batches run in order, so that is the first one that is neither finished nor held by another
    process; None where there is none.
    """
    store = Store(context.store)
    for trial in batch:
        with store.claim(trial.key) as is_ours:
            if is_ours and store.read(trial.key) is None:
                record = trials.failure(trial, reason)
                record = replace(record, command=context.command, commit=context.commit)
                store.finish(record, [])
                return record
    return None
