"""Run trials in worker processes on this machine."""

import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait

from benchmarks.errors import UserError
from harness.execution import interrupts
from harness.execution.run_trial import Context, record_death, run_trial
from harness.planning import plugins
from harness.trials.record import Event, Record
from harness.trials.trial import SearchTrial

# spawn: a forked child would share torch's threads and CUDA's state with its parent.
_processes = multiprocessing.get_context("spawn")

_DEATHS_WITHOUT_A_TRIAL = 5
_REPORT_EVERY_SECONDS = 0.5  # of events, which may come by the thousand

_CANNOT_START = (
    "Worker processes cannot start. In a script, call harness.run(...) below "
    "`if __name__ == '__main__':`, since every worker imports the script."
)


def checked_jobs(jobs: int | None, devices: Sequence[str] = ("cpu",)) -> int:
    """Return the number of workers: as given, else one per GPU, or one per available processor.

    Raises:
        UserError: it is less than one.
    """
    if jobs is None and "cpu" not in devices:
        return len(devices)
    if jobs is None:
        has_affinity = hasattr(os, "sched_getaffinity")
        return len(os.sched_getaffinity(0)) if has_affinity else os.cpu_count() or 1
    if jobs < 1:
        raise UserError(f"--jobs {jobs}: give at least 1.")
    return jobs


def run_batches(
    context: Context,
    work: Sequence[Sequence[SearchTrial]],
    jobs: int,
    watch: Callable[[SearchTrial, Event], None] = lambda trial, event: None,
) -> Iterator[Record]:
    """Run batches of trials in `jobs` worker processes and yield each record as it is made.

    A trial that another process holds yields no record. When a worker dies, the trial that it was
    running is recorded as failed, and the rest of its batch goes to a new worker.

    Raises:
        UserError: a record cannot be written, or workers cannot start; the others are ended.
    """
    waiting = deque(deque(trials) for trials in work)
    devices = itertools.cycle(context.devices)
    workers = [_Worker(next(devices)) for _ in range(min(jobs, len(waiting)))]
    spare_deaths = _DEATHS_WITHOUT_A_TRIAL
    try:
        while waiting or any(worker.trials for worker in workers):
            for message_from in wait([worker.connection for worker in workers]):
                worker = next(each for each in workers if each.connection is message_from)
                try:
                    yield from worker.receive(watch)
                    if worker.is_idle and waiting:
                        worker.start(context, waiting.popleft())
                except (EOFError, ConnectionError):
                    if not worker.was_ready:
                        raise UserError(_CANNOT_START) from None
                    if worker.running is not None:
                        record_death(context, worker.running, worker.cause_of_death())
                    else:
                        spare_deaths -= 1
                        if not spare_deaths:
                            raise UserError(
                                f"Worker processes die before they run a trial: "
                                f"{worker.cause_of_death()}."
                            ) from None
                    if worker.trials:
                        waiting.appendleft(worker.trials)
                    workers[workers.index(worker)] = _Worker(worker.device)
    finally:
        for worker in workers:
            worker.end()


@dataclass(frozen=True)
class _Idle:
    """The worker waits for trials."""


@dataclass(frozen=True)
class _Running:
    """The worker starts the next of its trials."""


@dataclass(frozen=True)
class _Noted:
    """The trial that the worker runs has noted an event."""

    event: Event


@dataclass(frozen=True)
class _Finished:
    """The worker has finished a trial."""

    record: Record | None


class _Worker:
    """A worker process, as its parent sees it."""

    def __init__(self, device: str):
        self.device = device
        self.trials: deque[SearchTrial] = deque()
        """Trials it was sent and has not finished."""
        self.running: SearchTrial | None = None
        self.was_ready = False
        self.is_idle = False
        self.connection, theirs = _processes.Pipe()
        self._process = _processes.Process(target=_serve, args=(theirs,), daemon=True)
        # Ctrl-C reaches every process of a terminal; the parent alone decides what then happens.
        with interrupts.held_back():
            self._process.start()
        theirs.close()

    def start(self, context: Context, trials: deque[SearchTrial]) -> None:
        self.trials = trials
        self.is_idle = False
        self.connection.send((context, self.device, list(trials)))

    def receive(self, watch: Callable[[SearchTrial, Event], None]) -> Iterator[Record]:
        """Take one message; EOFError or ConnectionError where the process died."""
        match self.connection.recv():
            case _Idle():
                self.was_ready = self.is_idle = True
            case _Running():
                self.running = self.trials[0]
            case _Noted(event):
                watch(self.trials[0], event)
            case _Finished(record):
                self.running = None
                self.trials.popleft()
                if record is not None:
                    yield record
            case UserError() as error:
                raise error

    def cause_of_death(self) -> str:
        self._process.join()
        code = self._process.exitcode or 0
        if code < 0:
            name = signal.Signals(-code).name
            hint = ", as when memory runs out" if name == "SIGKILL" else ""
            return f"its worker process was ended by {name}{hint}"
        return f"its worker process ended with exit code {code}"

    def end(self) -> None:
        self._process.terminate()
        self._process.join()
        self.connection.close()


def _serve(connection: Connection) -> None:
    """Run the trials that the parent sends, and report each; the main loop of a worker."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        while True:
            connection.send(_Idle())
            context, device, trials = connection.recv()
            plugins.load(context.plugins)
            for trial in trials:
                connection.send(_Running())
                record = run_trial(context, trial, device, _Reporter(connection))
                connection.send(_Finished(record))
    except UserError as error:
        connection.send(error)
    except (EOFError, ConnectionError):  # the parent is gone
        return


class _Reporter:
    """Sends events of a search to the parent, at most twice a second."""

    def __init__(self, connection: Connection):
        self._connection = connection
        self._sent_at = time.monotonic()

    def __call__(self, event: Event) -> None:
        if time.monotonic() - self._sent_at >= _REPORT_EVERY_SECONDS:
            self._sent_at = time.monotonic()
            try:
                self._connection.send(_Noted(event))
            except ConnectionError:  # the parent is gone: a later run resumes the trial
                os._exit(1)


def _end_with_parent() -> None:
    """End this process with its parent, so that no orphan keeps holding a trial."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # a worker is always somebody's child
    wait([parent.sentinel])
    os._exit(1)
