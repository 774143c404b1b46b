"""Trials cut into batches, and one trial run as any executor runs it.

Trials of milliseconds share a message to a worker; a trial of hours is a batch of its own.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from harness.storage.store import Store, TrialFolder
from harness.trials import search
from harness.trials.record import Event, Record
from harness.trials.trial import SearchTrial

_BATCH_SECONDS = 1.0  # so that little is left over when a worker dies
_BATCHES_A_WORKER = 4  # so that workers end at about the same time


@dataclass(frozen=True)
class Context:
    """Where a run writes, and what every record of it says of the run."""

    store: Path
    command: str
    commit: str | None
    redo: Mapping[str, datetime] = field(default_factory=dict)
    """Records that are to be made again: the trial's key and the time at which it had ended."""
    devices: tuple[str, ...] = ("cpu",)
    """Workers take turns at them: the first of every `len(devices)` computes on the first."""
    plugins: tuple[Path, ...] = ()
    """Files of the user's own methods, images and tables, which every worker loads first."""


def batches(planned: Sequence[SearchTrial], seconds: float, jobs: int) -> list[list[SearchTrial]]:
    """Cut trials that take `seconds` together into batches for `jobs` workers."""
    each = seconds / max(len(planned), 1)
    fitting = math.ceil(_BATCH_SECONDS / max(each, 1e-6))
    fair = math.ceil(len(planned) / (jobs * _BATCHES_A_WORKER))
    size = max(1, min(fitting, fair))
    return [list(planned[start : start + size]) for start in range(0, len(planned), size)]


def run(
    context: Context,
    trial: SearchTrial,
    device: str,
    watch: Callable[[Event], None] = lambda event: None,
) -> Record | None:
    """Run a trial unless it is finished; return its record.

    None where another process holds the trial: it is left to it.

    Args:
        context: where it is recorded.
        trial: what to run.
        device: what to compute on.
        watch: told of each event of the search, once it is noted.

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
            search.run(trial, _Watched(folder, watch), device),
            command=context.command,
            commit=context.commit,
        )
        folder.finish(record)
        return record


class _Watched:
    """A trial's folder as the notebook of a search, with somebody looking on."""

    def __init__(self, folder: TrialFolder, watch: Callable[[Event], None]):
        self.begin, self.save = folder.begin, folder.save
        self._note, self._watch = folder.note, watch

    def note(self, event: Event) -> None:
        self._note(event)
        self._watch(event)


def bury(context: Context, trial: SearchTrial, reason: str) -> None:
    """Record as failed a trial whose process died while it ran it.

    A trial that another process has taken meanwhile, or finished, is left alone.
    """
    with Store(context.store).claim(trial.key) as folder:
        if folder is None:
            return
        record = folder.read()
        if record is None or context.redo.get(trial.key) == record.finished_at:
            record = search.failure(trial, reason)
            folder.finish(replace(record, command=context.command, commit=context.commit))
