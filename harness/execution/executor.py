"""Where trials run: the interface of executors."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, Self

from harness.trials.record import Event, Record
from harness.trials.trial import SearchTrial, Trial

Watch = Callable[[SearchTrial, Event], None]
"""Called now and then with the last event of a running search."""


@dataclass(frozen=True)
class Ended:
    """A trial that an executor has finished with."""

    trial: Trial
    record: Record | None
    """None where another process holds the trial, which was left to it."""


class Executor(Protocol):
    """Runs trials and records them in a store; a context manager that ends what is running."""

    def submit(self, trials: Sequence[Trial], seconds: float) -> None:
        """Queue trials.

        Args:
            trials: not finished yet, and not queued before.
            seconds: what they take one after the other, for cutting them into batches.
        """
        ...

    def wait(self, seconds: float) -> Sequence[Ended]:
        """Return the trials that have ended since the last call; wait for one that long at most.

        Raises:
            UserError: a record cannot be written, or trials cannot be started.
        """
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
