"""Run a search trial to its record."""

import traceback
from dataclasses import replace
from datetime import UTC, datetime

from benchmarks.errors import UserError
from benchmarks.files.atomic import CannotWrite
from benchmarks.spaces import SPACES
from benchmarks.tables.table import Table
from harness.trials import device as devices
from harness.trials.device import DeviceLost
from harness.trials.evaluation import evaluate
from harness.trials.notebook import BlankNotebook, Notebook
from harness.trials.provenance import environment
from harness.trials.record import Record, State
from harness.trials.task import SearchTask, table_of
from harness.trials.trial import SearchTrial
from methods import METHODS, version_of
from methods.method import Diverged


def run_search(trial: SearchTrial, notebook: Notebook, device: str = "cpu") -> Record:
    """Run a trial to its record. A method that fails is a recorded result, not an exception.

    Args:
        trial: what to run.
        notebook: takes each event of the search as it happens, and its checkpoints.
        device: what a method that computes does so on; of the kind that the trial says.

    Raises:
        UserError: the table is not the one of the plan, something cannot be written, or the device
            is gone.
    """
    space = SPACES[trial.space]
    table = table_of(trial)
    if version_of(METHODS[trial.method]) != trial.method_version:
        raise UserError(f"The file of {trial.method} changed during the run; start the run again.")
    task = SearchTask(trial, space, table, notebook, device)
    try:
        outcome = METHODS[trial.method]().search(task)
        seconds = task.seconds()
        evaluations = evaluate(space, table, outcome.architecture)
    except CannotWrite:  # no result of the method: it ends the run, and the trial is done again
        raise
    except Diverged as error:
        return _without_result(task, "diverged", str(error))
    except Exception as error:  # a method's own fault must not end the other trials
        memory = devices.out_of_memory(error)
        if memory is not None:
            return _without_result(task, "oom", memory)
        if devices.is_lost(error):
            raise DeviceLost(
                f"{device} no longer works ({str(error).splitlines()[0]}). Check it with "
                "nvidia-smi; the same command resumes from the last checkpoints."
            ) from error
        return _without_result(task, "failed", _reason(error), traceback.format_exc())
    return replace(
        _record(trial, table, "done", seconds),
        **task.consumed(),
        architecture=str(outcome.architecture),
        simulated_seconds=outcome.simulated_seconds,
        evaluated=outcome.evaluated,
        collapsed=outcome.collapsed,
        evaluations=evaluations,
    )


def rehearse(trial: SearchTrial) -> None:
    """Check before a run that what a trial's settings ask for is available.

    Raises:
        UserError: it is not.
    """
    task = SearchTask(trial, SPACES[trial.space], table_of(trial), BlankNotebook(), "cpu")
    METHODS[trial.method]().rehearse(task)


def failure(trial: SearchTrial, reason: str, seconds: float = 0.0) -> Record:
    """Return the record of a trial without a result."""
    return replace(_record(trial, table_of(trial), "failed", seconds), reason=reason)


def _without_result(
    task: SearchTask, state: State, reason: str, where: str | None = None
) -> Record:
    record = failure(task.trial, reason, task.seconds())
    return replace(record, state=state, traceback=where, **task.consumed())


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


def _record(trial: SearchTrial, table: Table, state: State, seconds: float) -> Record:
    return Record(
        key=trial.key,
        trial=trial,
        state=state,
        search_seconds=seconds,
        datasets=tuple(table.card.evaluations),
        table_description=table.card.description,
        table_notes=tuple(table.card.notes),
        environment=environment(),
        finished_at=datetime.now(UTC),
    )
