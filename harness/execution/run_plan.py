"""Run a plan: what is finished is read, the rest is run, what others run is waited for."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from harness.execution import batch, local
from harness.execution.batch import Context
from harness.planning.plan import Plan
from harness.storage.store import Store
from harness.trials.record import Event, Record
from harness.trials.trial import SearchTrial

log = logging.getLogger("harness")

_WORKER_START_SECONDS = 2.0
_TRIAL_OVERHEAD_SECONDS = 5e-3  # a folder, a lock and two files
_POLL_SECONDS = 0.5


def finished(plan: Plan, store: Store, *, retry: bool) -> dict[str, Record]:
    """The records of a plan that need not be made again, by key; `retry` leaves failures out."""
    records = {}
    for trial in plan.trials:
        record = store.read(trial.key)
        if record is not None and (record.state == "done" or not retry):
            records[trial.key] = record
    return records


def estimate_seconds(plan: Plan, trials: Sequence[SearchTrial], jobs: int) -> float:
    """About how long some trials of a plan take with `jobs` workers, in seconds of real time."""
    if not trials:
        return 0.0
    work = plan.expected_seconds(trials) + len(trials) * _TRIAL_OVERHEAD_SECONDS
    return _WORKER_START_SECONDS + work / min(jobs, len(trials))


def run(
    plan: Plan,
    context: Context,
    *,
    jobs: int,
    retry: bool = False,
    progress: Callable[[Sequence[Record]], None],
    watch: Callable[[SearchTrial, Event], None] = lambda trial, event: None,
) -> list[Record]:
    """Run what is not finished of a plan and return the records of all of it.

    Args:
        plan: the trials.
        context: where they are recorded; finished ones there are not run again.
        jobs: worker processes.
        retry: run those again that ended in another state than `done`.
        progress: told of the earlier records at once, then of each as it is made.
        watch: told now and then how far a trial is.

    Raises:
        UserError: a record cannot be written. What was finished stays.
    """
    store = Store(context.store)
    records = finished(plan, store, retry=retry)
    progress(list(records.values()))
    waiting = [trial for trial in plan.trials if trial.key not in records]
    if retry:
        context = replace(context, redo=_failures(store, waiting))
    is_announced = False
    while waiting:
        free = [trial for trial in waiting if not store.is_held(trial.key)]
        seconds = estimate_seconds(plan, free, jobs=1)
        for record in local.run(context, batch.batches(free, seconds, jobs), jobs, watch):
            records[record.key] = record
            progress([record])
        waiting = [trial for trial in waiting if trial.key not in records]
        if waiting:
            if not is_announced:
                log.warning("Waiting for %d trials that another process runs.", len(waiting))
                is_announced = True
            time.sleep(_POLL_SECONDS)
    return [records[trial.key] for trial in plan.trials]


def _failures(store: Store, trials: Sequence[SearchTrial]) -> dict[str, datetime]:
    """The records that are there but not done: each trial's key and when it ended."""
    records = (store.read(trial.key) for trial in trials)
    return {record.key: record.finished_at for record in records if record is not None}
