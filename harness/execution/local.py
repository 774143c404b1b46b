"""Run trials in worker processes on this machine."""

import itertools
import multiprocessing
import os
import signal
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Self

from benchmarks.errors import UserError
from harness.execution import interrupts
from harness.execution.batches import make_batches
from harness.execution.executor import Ended, Watch
from harness.execution.run_trial import Context, record_death, run_trial
from harness.planning import plugins
from harness.trials.record import Event, Record
from harness.trials.trial import SearchTrial, Trial

# spawn: a forked child would share torch's threads and CUDA's state with its parent.
_processes = multiprocessing.get_context("spawn")

_DEATHS_WITHOUT_A_TRIAL = 5
_REPORT_EVERY_SECONDS = 0.5  # of events, which may come by the thousand

_CANNOT_START = (
    "In a script, call harness.run(...) below "
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


class LocalExecutor:
    """Runs trials in worker processes on this machine.

    When a worker dies, the trial that it was running is recorded as failed, and the rest of its
    batch goes to a new worker.

    Args:
        context: where trials are recorded.
        jobs: number of workers; each is started once there is work for it.
        watch: called now and then with the last event of a running search.
    """

    def __init__(self, context: Context, jobs: int, watch: Watch = lambda trial, event: None):
        self._context, self._jobs, self._watch = context, jobs, watch
        self._devices = itertools.cycle(context.devices)
        self._waiting: deque[deque[Trial]] = deque()
        self._workers: list[_Worker] = []
        self._spare_deaths = _DEATHS_WITHOUT_A_TRIAL

    def submit(self, trials: Sequence[Trial], seconds: float) -> None:
        """Queue trials; see `Executor.submit`."""
        self._waiting.extend(map(deque, make_batches(trials, seconds, self._jobs)))
        idle = sum(worker.is_idle for worker in self._workers)
        more = min(self._jobs - len(self._workers), len(self._waiting) - idle)
        self._workers += [_Worker(next(self._devices)) for _ in range(more)]

    def wait(self, seconds: float) -> Sequence[Ended]:
        """Return the trials that have ended; see `Executor.wait`."""
        ended: list[Ended] = []
        for worker in list(self._workers):  # one that waited for trials has nothing to say
            if worker.is_idle and self._waiting:
                try:
                    worker.start(self._context, self._waiting.popleft())
                except OSError:
                    ended += self._replace(worker)
        for connection in wait([each.connection for each in self._workers], seconds):
            worker = next(each for each in self._workers if each.connection is connection)
            try:
                ended += worker.receive(self._watch)
            except (EOFError, OSError):
                ended += self._replace(worker)
        return ended

    def _replace(self, worker: "_Worker") -> Iterator[Ended]:
        """Put a new worker in the place of a dead one, and settle what it was running."""
        cause = worker.cause_of_death()
        if not worker.was_ready:
            raise UserError(f"A worker process cannot start: {cause}. {_CANNOT_START}") from None
        if worker.running is not None:
            trial = worker.trials.popleft()
            yield Ended(trial, record_death(self._context, trial, cause))
        else:
            self._spare_deaths -= 1
            if not self._spare_deaths:
                raise UserError(f"Worker processes die before they run a trial: {cause}.")
        if worker.trials:
            self._waiting.appendleft(worker.trials)
        worker.connection.close()
        self._workers[self._workers.index(worker)] = _Worker(worker.device)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()


@dataclass(frozen=True)
class _Idle:
    """The worker waits for trials."""


@dataclass(frozen=True)
class _Running:
    """The worker starts the next of its trials."""


@dataclass(frozen=True)
class _Noted:
    """The search that the worker runs has noted an event."""

    trial: SearchTrial
    event: Event


@dataclass(frozen=True)
class _Finished:
    """The worker has finished a trial."""

    record: Record | None


class _Worker:
    """A worker process, as its parent sees it."""

    def __init__(self, device: str):
        self.device = device
        self.trials: deque[Trial] = deque()
        """Trials it was sent and has not finished."""
        self.running: Trial | None = None
        self.was_ready = False
        self.is_idle = False
        self.connection, theirs = _processes.Pipe()
        self._process = _processes.Process(target=_serve, args=(theirs,), daemon=True)
        # Ctrl-C reaches every process of a terminal; the parent alone decides what then happens.
        with interrupts.held_back():
            self._process.start()
        theirs.close()

    def start(self, context: Context, trials: deque[Trial]) -> None:
        self.trials = trials
        self.is_idle = False
        self.connection.send((context, self.device, list(trials)))

    def receive(self, watch: Watch) -> Iterator[Ended]:
        """Take one message; EOFError or OSError where the process died."""
        match self.connection.recv():
            case _Idle():
                self.was_ready = self.is_idle = True
            case _Running():
                self.running = self.trials[0]
            case _Noted(trial, event):
                watch(trial, event)
            case _Finished(record):
                self.running = None
                yield Ended(self.trials.popleft(), record)
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

    def __call__(self, trial: SearchTrial, event: Event) -> None:
        if time.monotonic() - self._sent_at >= _REPORT_EVERY_SECONDS:
            self._sent_at = time.monotonic()
            try:
                self._connection.send(_Noted(trial, event))
            except ConnectionError:  # the parent is gone: a later run resumes the trial
                os._exit(1)


def _end_with_parent() -> None:
    """End this process with its parent, so that no orphan keeps holding a trial."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # a worker is always somebody's child
    wait([parent.sentinel])
    os._exit(1)
