"""One trial, run as every executor runs it: claimed, searched, recorded."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from harness.storage.store import Store, TrialFolder
from harness.trials.record import Event, Record
from harness.trials.search import failure, run_search
from harness.trials.trial import SearchTrial


@dataclass(frozen=True)
class Context:
    """Where a run writes, and what each of its records says about the run."""

    store: Path
    command: str
    commit: str | None
    redo: Mapping[str, datetime] = field(default_factory=dict)
    """Records to be replaced: the key of the trial, and when it had finished."""
    devices: tuple[str, ...] = ("cpu",)
    """Shared out among workers in turn."""
    plugins: tuple[Path, ...] = ()
    """Plug-in files, images and tables that every worker loads first."""


def run_trial(
    context: Context,
    trial: SearchTrial,
    device: str,
    watch: Callable[[Event], None] = lambda event: None,
) -> Record | None:
    """Run a trial unless it is finished; return its record.

    None where another process holds the trial, which is then left to it.

    Args:
        context: where it is recorded.
        trial: what to run.
        device: to compute on.
        watch: called with each event of the search, once it is stored.

    Raises:
        UserError: the record cannot be written, or the device is gone.
    """
    with Store(context.store).claim(trial.key) as folder:
        if folder is None:
            return None
        record = folder.read()
        if record is not None and context.redo.get(trial.key) != record.finished_at:
            return record
        record = replace(
            run_search(trial, _Watched(folder, watch), device),
            command=context.command,
            commit=context.commit,
        )
        folder.finish(record)
        return record


class _Watched:
    """A trial's folder as the notebook of a search, with an observer."""

    def __init__(self, folder: TrialFolder, watch: Callable[[Event], None]):
        self.begin, self.save = folder.begin, folder.save
        self._note, self._watch = folder.note, watch

    def note(self, event: Event) -> None:
        self._note(event)
        self._watch(event)


def record_death(context: Context, trial: SearchTrial, reason: str) -> None:
    """Record a trial as failed whose worker process died.

    A trial that another process has claimed or finished since is left alone.
    """
    with Store(context.store).claim(trial.key) as folder:
        if folder is None:
            return
        record = folder.read()
        if record is None or context.redo.get(trial.key) == record.finished_at:
            record = failure(trial, reason)
            folder.finish(replace(record, command=context.command, commit=context.commit))
