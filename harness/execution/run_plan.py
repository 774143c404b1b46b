"""Run a plan: read finished trials, run the rest as they become ready, wait for other processes."""

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from harness.execution.executor import Executor
from harness.execution.run_trial import is_redone
from harness.planning.stages import Plan
from harness.storage.store import Store
from harness.trials.record import Record
from harness.trials.trial import Trial

log = logging.getLogger("harness")

_WORKER_START_SECONDS = 2.0
_TRIAL_OVERHEAD_SECONDS = 5e-3  # a folder, a lock and two files
_POLL_SECONDS = 0.5


def finished_records(
    trials: Sequence[Trial], store: Store, *, redo: datetime | None = None
) -> dict[str, Record]:
    """Return the records of the finished ones among trials, by key.

    Args:
        trials: which.
        store: where they are recorded.
        redo: leave out trials that ended without a result before that time.
    """
    records = ((trial.key, store.read(trial.key)) for trial in trials)
    return {
        key: record for key, record in records if record is not None and not is_redone(record, redo)
    }


def left_to_run(
    plan: Plan, store: Store, *, redo: datetime | None = None
) -> tuple[dict[str, Record], list[Trial]]:
    """Return the records of a plan's finished trials, and the trials that are ready to run."""
    records: dict[str, Record] = {}
    while True:
        ready = plan.ready(records, ())
        found = finished_records(ready, store, redo=redo)
        if not found:
            return records, ready
        records |= found


def estimate_seconds(
    plan: Plan, records: Mapping[str, Record], left: Sequence[Trial], jobs: int
) -> float:
    """Estimate the real time that the rest of a plan takes with `jobs` workers, in seconds.

    Args:
        plan: the plan.
        records: of its finished trials.
        left: its trials that are ready; see `left_to_run`.
        jobs: number of workers.
    """
    if not left:
        return 0.0
    work = plan.expected_seconds(left) + plan.unfolding_seconds(records)
    work += len(left) * _TRIAL_OVERHEAD_SECONDS
    return _WORKER_START_SECONDS + work / min(jobs, len(left))


def run_plan(
    plan: Plan,
    executor: Executor,
    store: Store,
    *,
    redo: datetime | None = None,
    on_records: Callable[[Sequence[Record]], None] = lambda records: None,
) -> Mapping[str, Record]:
    """Run the unfinished trials of a plan; return the records of all its trials by key.

    Whenever a trial has ended, those that have become ready are started.

    Args:
        plan: the trials.
        executor: runs those that are not finished.
        store: where they are recorded.
        redo: run trials again that ended without a result before that time.
        on_records: called with the records of finished trials, and with each new one.

    Raises:
        UserError: a record cannot be written. Finished trials are kept.
    """
    run = _Run(plan, executor, store, redo, on_records)
    with executor:
        run.advance()
        while run.busy:
            run.wait()
    return run.records


class _Run:
    def __init__(
        self,
        plan: Plan,
        executor: Executor,
        store: Store,
        redo: datetime | None,
        on_records: Callable[[Sequence[Record]], None],
    ):
        self._plan, self._executor, self._store, self._redo = plan, executor, store, redo
        self._on_records = on_records
        self.records: dict[str, Record] = {}
        self.busy: dict[str, Trial] = {}
        """Trials that this process or another one runs, or that wait for a worker."""
        self._held: dict[str, Trial] = {}
        """Those that another process runs."""
        self._is_announced = False
        self._poll_at = 0.0

    def advance(self) -> None:
        """Read or start every trial that is ready."""
        while ready := self._plan.ready(self.records, self.busy):
            found = finished_records(ready, self._store, redo=self._redo)
            self._start([trial for trial in ready if trial.key not in found])
            if not found:
                return
            self._add(list(found.values()))  # which may make others ready

    def wait(self) -> None:
        """Wait until a trial ends, or for the next look at those of other processes."""
        ended = self._executor.wait(_POLL_SECONDS)
        for each in ended:
            if each.record is None:
                self._held[each.trial.key] = each.trial
        records = [each.record for each in ended if each.record is not None]
        if self._held and time.monotonic() >= self._poll_at:
            records += self._poll()
            self._poll_at = time.monotonic() + _POLL_SECONDS
        if records:
            self._add(records)
            self.advance()

    def _start(self, trials: Sequence[Trial]) -> None:
        if trials:
            self.busy |= {trial.key: trial for trial in trials}
            self._executor.submit(trials, self._plan.expected_seconds(trials))

    def _add(self, records: Sequence[Record]) -> None:
        for record in records:
            self.records[record.key] = record
            self.busy.pop(record.key, None)
            self._held.pop(record.key, None)
        self._on_records(records)

    def _poll(self) -> list[Record]:
        """Read the trials that other processes have finished; take over those that they left."""
        if not self._is_announced:
            self._is_announced = True
            log.warning("Waiting for %d trials that another process is running.", len(self._held))
        held = list(self._held.values())
        found = finished_records(held, self._store, redo=self._redo)
        free = [
            trial for trial in held if trial.key not in found and not self._store.is_held(trial.key)
        ]
        for trial in free:
            del self._held[trial.key]
        self._start(free)
        return list(found.values())
