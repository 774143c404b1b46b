"""One trial, run as every executor runs it: claimed, computed, recorded."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from harness.execution.executor import Watch
from harness.storage.store import Store, TrialFolder
from harness.trials.attempt import failure
from harness.trials.notebook import Checkpoint, Notebook
from harness.trials.record import Event, Record
from harness.trials.search import run_search
from harness.trials.train import run_training
from harness.trials.trial import SearchTrial, Trial


@dataclass(frozen=True)
class Context:
    """Where a run writes, and what each of its records says about the run."""

    store: Path
    command: str
    commit: str | None
    redo: datetime | None = None
    """Trials that ended without a result before that time are run again."""
    devices: tuple[str, ...] = ("cpu",)
    """Shared out among workers in turn."""
    plugins: tuple[Path, ...] = ()
    """Plug-in files, images and tables that every worker loads first."""


def is_redone(record: Record, redo: datetime | None) -> bool:
    """Return whether a trial with that record is run again."""
    return redo is not None and record.state != "done" and record.finished_at < redo


def run_trial(
    context: Context,
    trial: Trial,
    device: str,
    watch: Watch = lambda trial, event: None,
) -> Record | None:
    """Run a trial unless it is finished; return its record.

    None where another process holds the trial, which is then left to it.

    Args:
        context: where it is recorded.
        trial: what to run.
        device: to compute on.
        watch: called with each event of a search, once it is stored.

    Raises:
        UserError: the record cannot be written, or the device is gone.
    """
    with Store(context.store).claim(trial.key) as folder:
        if folder is None:
            return None
        record = folder.read()
        if record is not None and not is_redone(record, context.redo):
            return record
        record = _compute(trial, folder, device, watch)
        record = replace(record, command=context.command, commit=context.commit)
        folder.finish(record)
        return record


def _compute(trial: Trial, folder: TrialFolder, device: str, watch: Watch) -> Record:
    if isinstance(trial, SearchTrial):
        notebook = _Watched(folder, lambda event: watch(trial, event))
        return run_search(trial, notebook, device)
    return run_training(trial)


class _Watched(Notebook):
    """A trial's folder as the notebook of a search, with an observer."""

    def __init__(self, folder: TrialFolder, watch: Callable[[Event], None]):
        self._folder, self._watch = folder, watch

    def begin(self) -> Checkpoint | None:
        return self._folder.begin()

    def save(self, saved: Checkpoint) -> None:
        self._folder.save(saved)

    def note(self, event: Event) -> None:
        self._folder.note(event)
        self._watch(event)


def record_death(context: Context, trial: Trial, reason: str) -> Record | None:
    """Record a trial as failed whose worker process died; return its record.

    None where another process has claimed it since; what that one has finished stays as it is.
    """
    with Store(context.store).claim(trial.key) as folder:
        if folder is None:
            return None
        record = folder.read()
        if record is None or is_redone(record, context.redo):
            record = replace(failure(trial, reason), command=context.command, commit=context.commit)
            folder.finish(record)
        return record
