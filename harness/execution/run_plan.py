"""Run a plan: read finished trials, run the rest, wait for those that other processes run."""

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime

from harness.execution.batches import make_batches
from harness.execution.local import run_batches
from harness.execution.run_trial import Context
from harness.planning.plan import Plan
from harness.storage.store import Store
from harness.trials.record import Event, Record
from harness.trials.trial import SearchTrial

log = logging.getLogger("harness")

_WORKER_START_SECONDS = 2.0
_TRIAL_OVERHEAD_SECONDS = 5e-3  # a folder, a lock and two files
_POLL_SECONDS = 0.5


def finished_records(plan: Plan, store: Store, *, retry: bool) -> dict[str, Record]:
    """Return the records of a plan's finished trials, by key; `retry` leaves failures out."""
    records = {}
    for trial in plan.trials:
        record = store.read(trial.key)
        if record is not None and (record.state == "done" or not retry):
            records[trial.key] = record
    return records


def estimate_seconds(plan: Plan, trials: Sequence[SearchTrial], jobs: int) -> float:
    """Estimate the real time that some trials of a plan take with `jobs` workers, in seconds."""
    if not trials:
        return 0.0
    work = plan.expected_seconds(trials) + len(trials) * _TRIAL_OVERHEAD_SECONDS
    return _WORKER_START_SECONDS + work / min(jobs, len(trials))


def run_plan(
    plan: Plan,
    context: Context,
    *,
    jobs: int,
    retry: bool = False,
    progress: Callable[[Sequence[Record]], None],
    watch: Callable[[SearchTrial, Event], None] = lambda trial, event: None,
) -> list[Record]:
    """Run the unfinished trials of a plan; return the records of all its trials.

    Args:
        plan: the trials.
        context: where they are recorded; trials that are finished there are not run again.
        jobs: worker processes.
        retry: run trials again that ended in a state other than `done`.
        progress: called with the earlier records at once, then with each new one.
        watch: called now and then with the last event of a running trial.

    Raises:
        UserError: a record cannot be written. Finished trials are kept.
    """
    store = Store(context.store)
    records = finished_records(plan, store, retry=retry)
    progress(list(records.values()))
    waiting = [trial for trial in plan.trials if trial.key not in records]
    if retry:
        context = replace(context, redo=_failures(store, waiting))
    is_announced = False
    while waiting:
        free = [trial for trial in waiting if not store.is_held(trial.key)]
        seconds = estimate_seconds(plan, free, jobs=1)
        for record in run_batches(context, make_batches(free, seconds, jobs), jobs, watch):
            records[record.key] = record
            progress([record])
        waiting = [trial for trial in waiting if trial.key not in records]
        if waiting:
            if not is_announced:
                log.warning("Waiting for %d trials that another process is running.", len(waiting))
                is_announced = True
            time.sleep(_POLL_SECONDS)
    return [records[trial.key] for trial in plan.trials]


def _failures(store: Store, trials: Sequence[SearchTrial]) -> dict[str, datetime]:
    """Return the key and the finishing time of each trial that ended without a result."""
    records = (store.read(trial.key) for trial in trials)
    return {record.key: record.finished_at for record in records if record is not None}
