"""Run trials in this process, one after the other: for debuggers and for tests."""

import time
from collections import deque
from collections.abc import Callable, Sequence
from typing import Self

from harness.execution.executor import Ended, Watch
from harness.execution.run_trial import Context, run_trial
from harness.trials.record import Record
from harness.trials.trial import Trial


class DebugExecutor:
    """An executor without processes: `wait` runs the trial that was queued first.

    Args:
        context: where trials are recorded.
        watch: called with each event of a search.
        on_record: called after each record, before anything else happens.
    """

    def __init__(
        self,
        context: Context,
        watch: Watch = lambda trial, event: None,
        on_record: Callable[[Record], None] = lambda record: None,
    ):
        self._context, self._watch, self._on_record = context, watch, on_record
        self._waiting: deque[Trial] = deque()

    def submit(self, trials: Sequence[Trial], seconds: float) -> None:
        """Queue trials; see `Executor.submit`."""
        self._waiting.extend(trials)

    def wait(self, seconds: float) -> Sequence[Ended]:
        """Run the next trial and return it; without one, wait that long."""
        if not self._waiting:
            time.sleep(seconds)
            return []
        trial = self._waiting.popleft()
        record = run_trial(self._context, trial, self._context.devices[0], self._watch)
        if record is not None:
            self._on_record(record)
        return [Ended(trial, record)]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._waiting.clear()
