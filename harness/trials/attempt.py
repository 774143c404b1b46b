"""Run a trial's computation to a record: its result, or why it has none."""

import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, overload

from benchmarks.errors import UserError
from benchmarks.files.atomic import CannotWrite
from harness.trials import device as devices
from harness.trials.device import DeviceLost
from harness.trials.provenance import environment
from harness.trials.record import Record, SearchRecord, State, TrainRecord
from harness.trials.trial import SearchTrial, TrainTrial, Trial
from methods.method import Diverged


@dataclass(frozen=True)
class Attempt:
    """How a trial ended: the fields of its record that depend on that."""

    state: State
    result: Any = None
    reason: str | None = None
    traceback: str | None = field(default=None, repr=False)


def attempt(compute: Callable[[], Any], device: str) -> Attempt:
    """Compute a trial's result. A method that fails is a recorded result, not an exception.

    Args:
        compute: returns the result.
        device: what it computes on.

    Raises:
        UserError: something cannot be written, or the device is gone.
    """
    try:
        return Attempt("done", compute())
    except CannotWrite:  # no result of the method: it ends the run, and the trial is done again
        raise
    except Diverged as error:
        return Attempt("diverged", reason=str(error))
    except Exception as error:  # a method's own fault must not end the other trials
        memory = devices.out_of_memory(error)
        if memory is not None:
            return Attempt("oom", reason=memory)
        if devices.is_lost(error):
            raise DeviceLost(
                f"{device} no longer works ({str(error).splitlines()[0]}). Check it with "
                "nvidia-smi; the same command resumes from the last checkpoints."
            ) from error
        reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        return Attempt("failed", reason=reason, traceback=traceback.format_exc())


@overload
def record_of(
    trial: SearchTrial, ended: Attempt, seconds: float, consumed: Mapping[str, Any] = ...
) -> SearchRecord: ...
@overload
def record_of(
    trial: TrainTrial, ended: Attempt, seconds: float, consumed: Mapping[str, Any] = ...
) -> TrainRecord: ...
def record_of(
    trial: Trial, ended: Attempt, seconds: float, consumed: Mapping[str, Any] = MappingProxyType({})
) -> Record:
    """Record a trial that has just ended.

    Args:
        trial: which.
        ended: how.
        seconds: of real time.
        consumed: memory and device of a trial that computed, as fields of its record.
    """
    kind = SearchRecord if isinstance(trial, SearchTrial) else TrainRecord
    return kind(
        key=trial.key,
        trial=trial,  # type: ignore[arg-type]
        state=ended.state,
        seconds=seconds,
        environment=environment(),
        finished_at=datetime.now(UTC),
        result=ended.result,
        reason=ended.reason,
        traceback=ended.traceback,
        **consumed,
    )


def failure(trial: Trial, reason: str) -> Record:
    """Record a trial that ended without a result, whatever it had done by then."""
    return record_of(trial, Attempt("failed", reason=reason), 0.0)
