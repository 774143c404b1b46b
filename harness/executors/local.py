"""Trials in worker processes of this computer."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterator, Sequence
from multiprocessing.connection import Connection, wait

from benchmarks.errors import UserError
from harness.executors import batch
from harness.executors.batch import Context
from harness.record import Record
from harness.trial import SearchTrial

# spawn: a forked child would share torch's threads and CUDA's state with its parent.
_processes = multiprocessing.get_context("spawn")


def default_jobs() -> int:
    """The processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def run(
    context: Context, work: Sequence[Sequence[SearchTrial]], jobs: int
) -> Iterator[list[Record]]:
    """Run batches in `jobs` worker processes and yield each one's records as it ends.

    A worker that dies costs the trial that it was running, which is recorded as failed; the rest of
    its batch goes to a new worker.

    Raises:
        UserError: a record cannot be written; the other workers are ended.
    """
    waiting = deque(work)
    idle = [_Worker() for _ in range(min(jobs, len(waiting)))]
    busy: dict[Connection, _Worker] = {}
    try:
        while waiting or busy:
            while waiting and idle:
                worker = idle.pop()
                worker.start(context, waiting.popleft())
                busy[worker.connection] = worker
            for connection in wait(list(busy)):
                worker = busy.pop(connection)  # type: ignore[arg-type]  # all are connections
                try:
                    records = worker.result()
                except EOFError:
                    batch.bury(context, worker.trials, worker.cause_of_death())
                    waiting.appendleft(worker.trials)
                    idle.append(_Worker())
                else:
                    idle.append(worker)
                    yield records
    finally:
        for worker in (*idle, *busy.values()):
            worker.end()


class _Worker:
    """A process that runs one batch after the other."""

    def __init__(self):
        self.connection, theirs = _processes.Pipe()
        self.trials: Sequence[SearchTrial] = ()
        self._process = _processes.Process(target=_serve, args=(theirs,), daemon=True)
        self._process.start()
        theirs.close()

    def start(self, context: Context, trials: Sequence[SearchTrial]) -> None:
        self.trials = trials
        self.connection.send((context, trials))

    def result(self) -> list[Record]:
        """The batch's records; EOFError where the process died, UserError where that stopped it."""
        answer = self.connection.recv()
        if isinstance(answer, UserError):
            raise answer
        return answer

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
    # Ctrl-C reaches every process of a terminal; the parent alone decides what then happens.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    while True:
        try:
            context, trials = connection.recv()
        except EOFError:
            return
        try:
            answer: list[Record] | UserError = batch.run(context, trials)
        except UserError as error:
            answer = error
        connection.send(answer)


def _end_with_parent() -> None:
    """A parent that is killed must not leave a worker behind that still holds a trial."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # a worker is always somebody's child
    wait([parent.sentinel])
    os._exit(1)
