"""Run a search trial to its record."""

import math
import platform
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from benchmarks import tables
from benchmarks.datasets import dataset
from benchmarks.datasets.splits import Split
from benchmarks.errors import UserError
from benchmarks.files.atomic import CannotWrite
from benchmarks.spaces import SPACES
from benchmarks.spaces.space import TabulatedSpace
from benchmarks.tables.query import Query
from benchmarks.tables.table import Table
from harness.storage.checkpoint import Checkpoint
from harness.trials import device as devices
from harness.trials import seeds
from harness.trials.device import DeviceLost
from harness.trials.evaluation import evaluate
from harness.trials.record import Event, Record, State
from harness.trials.trial import SearchTrial
from methods import METHODS, version_of
from methods.method import PARTS, Diverged, Score

if TYPE_CHECKING:
    import torch

    from benchmarks.datasets.batches import BatchStream

PAIRED_PARTS = tuple(f"{part} {what}" for part in PARTS for what in ("order", "choices"))
"""Random parts that are the same for every method of a seed, so that methods are paired by seed."""

_SAVE_EVERY_SECONDS = 120  # a kill may cost three minutes, a step included


class Notebook(Protocol):
    """Where a search notes what happens, and finds again what it saved."""

    def begin(self) -> Checkpoint | None:
        """Start, or go on from what is returned."""
        ...

    def note(self, event: Event) -> None:
        """Add an event."""
        ...

    def save(self, saved: Checkpoint) -> None:
        """Keep where the search is."""
        ...


def run(trial: SearchTrial, notebook: Notebook, device: str = "cpu") -> Record:
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
    table = _table(trial)
    if version_of(METHODS[trial.method]) != trial.method_version:
        raise UserError(
            f"The file of {trial.method} changed while the run was going on; start the run again."
        )
    task = _Task(trial, space, table, notebook, device)
    try:
        outcome = METHODS[trial.method]().search(task)
        seconds = task.seconds()
        evaluations = evaluate(space, table, outcome.architecture)
    except CannotWrite:  # no result of the method: it ends the run, and the trial is done again
        raise
    except Diverged as error:
        return _without_result(task, "diverged", str(error))
    except Exception as error:  # a method's own fault must not end the other trials
        memory = devices.asked_memory(error)
        if memory is not None:
            return _without_result(task, "oom", memory)
        if devices.is_lost(error):
            raise DeviceLost(
                f"{device} no longer works ({str(error).splitlines()[0]}). Look at it with "
                "nvidia-smi; the same command goes on from the last checkpoints."
            ) from error
        return _without_result(task, "failed", _reason(error))
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
    """Find out before a run whether a trial's settings ask for what is here.

    Raises:
        UserError: they do not.
    """
    task = _Task(trial, SPACES[trial.space], _table(trial), Nowhere(), "cpu")
    METHODS[trial.method]().rehearse(task)


def failure(trial: SearchTrial, reason: str, seconds: float = 0.0) -> Record:
    """The record of a trial that came to no result."""
    return replace(_record(trial, _table(trial), "failed", seconds), reason=reason)


def _without_result(task: "_Task", state: State, reason: str) -> Record:
    record = failure(task.trial, reason, task.seconds())
    return replace(record, state=state, **task.consumed())


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


class Nowhere:
    """A notebook that keeps nothing."""

    def begin(self) -> Checkpoint | None:
        """Start anew."""
        return None

    def note(self, event: Event) -> None:
        """Forget it."""

    def save(self, saved: Checkpoint) -> None:
        """Forget it."""


class _Task:
    """What a method may ask for; see `methods.method.Task`."""

    def __init__(
        self,
        trial: SearchTrial,
        space: TabulatedSpace,
        table: Table,
        notebook: Notebook,
        device: str,
    ):
        self.trial = trial
        self.space = space
        self.dataset = dataset(trial.search_dataset)
        self.settings = METHODS[trial.method].Settings(**trial.settings)
        self._table = table
        self._notebook = notebook
        self._device_name = device
        self._device: torch.device | None = None  # once it is set up
        saved = notebook.begin()
        self._saved = saved.state if saved else None
        self._events = saved.events if saved else 0
        self._started = time.perf_counter() - (saved.seconds if saved else 0.0)
        self._saved_at = time.perf_counter()

    @property
    def device(self) -> "torch.device":
        if self._device is None:
            threads = self.trial.arithmetic.get("threads", 1)
            self._device = devices.prepare(self._device_name, threads)
        return self._device

    @property
    def dtype(self) -> "torch.dtype":
        import torch

        return getattr(torch, self.trial.arithmetic["precision"])

    def seconds(self) -> float:
        """Real time of the search, that of earlier processes included."""
        return time.perf_counter() - self._started

    def consumed(self) -> dict[str, Any]:
        """What a search that computed took, as fields of its record."""
        if self._device is None:
            return {}
        return {
            "peak_memory_mib": devices.peak_memory_mib(self._device),
            "device_name": devices.description(self._device),
        }

    def rng(self, part: str) -> np.random.Generator:
        return seeds.generator(*self._seeded_by(part))

    def generator(self, part: str) -> "torch.Generator":
        return seeds.torch_generator(*self._seeded_by(part))

    def _seeded_by(self, part: str) -> tuple[object, ...]:
        trial = self.trial
        of_method = () if part in PAIRED_PARTS else (trial.method,)
        return (trial.seed, trial.space, trial.search_dataset, *of_method, part)

    def batches(
        self,
        part: str,
        *,
        split: Split,
        batch_size: int,
        with_replacement: bool = False,
        augmented: bool = True,
    ) -> "BatchStream":
        from benchmarks.datasets.batches import BatchStream
        from harness.trials.search_data import part_of

        images, indices, augmentation = part_of(self.dataset.name, split, part, self._device_name)
        if not augmented:
            augmentation = replace(augmentation, padding=0, flip_share=0.0)
        return BatchStream(
            images,
            indices,
            batch_size,
            augmentation,
            order=self.generator(f"{part} order"),
            choices=self.generator(f"{part} choices"),
            with_replacement=with_replacement,
        )

    def load(self) -> Any:
        saved, self._saved = self._saved, None  # it is as large as the search itself
        return saved

    def save(self, state: Any) -> None:
        self._notebook.save(Checkpoint(state, self._events, self.seconds()))
        self._saved_at = time.perf_counter()

    @property
    def is_save_due(self) -> bool:
        return time.perf_counter() - self._saved_at >= _SAVE_EVERY_SECONDS

    def validation(self, epochs: int) -> Query:
        return replace(self._selection(), epochs=epochs)

    def _selection(self) -> Query:
        """What a method may select on; UserError where the table holds test data alone."""
        valid = self._table.evaluation(self.trial.search_dataset).valid
        if valid is None:
            name = self._table.card.name
            raise UserError(
                f"{self.trial.method} selects on validation accuracies, and {name} holds test "
                f"accuracies alone: leave {self.trial.method} out, or name another --tables."
            )
        return valid

    def training_seeds(self, architecture: Any, query: Query) -> list[int]:
        return self._table.seeds(query, self.space.index(architecture))

    def score(self, architecture: Any, query: Query) -> Score:
        self._selection()  # whatever the query asks for, test data alone must not answer it
        index = self.space.index(architecture)
        accuracy = float(self._table.accuracy(query, index))
        seconds = float(self._seconds(query, index))
        if not (math.isfinite(accuracy) and math.isfinite(seconds)):
            raise UserError(
                f"{self._table.card.name} lacks the accuracy or the seconds of {query} for "
                f"architecture {index}; use another --tables."
            )
        return Score(accuracy, seconds)

    def mean_seconds(self, query: Query) -> float:
        return float(np.nanmean(self._seconds(query)))

    def _seconds(self, query: Query, index: Any = slice(None)) -> np.ndarray:
        seconds = self._table.training_seconds(query, index)
        validating = self._table.evaluation_seconds(query, index)
        return seconds if validating is None else seconds + validating

    def record(
        self,
        architecture: Any,
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        **measured: float,
    ) -> None:
        index = self.space.index(architecture)
        truths = {
            dataset: float(self._table.accuracy(evaluation.test, index))
            for dataset, evaluation in self._table.card.evaluations.items()
        }
        if self._device is not None:
            measured["peak_memory_mib"] = devices.peak_memory_mib(self._device)
        self._notebook.note(
            Event(
                str(architecture),
                self.seconds(),
                {name: value for name, value in measured.items() if not math.isnan(value)},
                truths,
                {name: array.tolist() for name, array in (arrays or {}).items()},
            )
        )
        self._events += 1


def _table(trial: SearchTrial) -> Table:
    table = tables.open_table(trial.truth, tables.truth(trial.truth).path)
    if table.card.sha256 != trial.truth_sha256:
        raise UserError(
            f"The table {trial.truth} changed while the run was going on; start the run again."
        )
    return table


def _record(trial: SearchTrial, table: Table, state: State, seconds: float) -> Record:
    return Record(
        key=trial.key,
        trial=trial,
        state=state,
        search_seconds=seconds,
        datasets=tuple(table.card.evaluations),
        truth_description=table.card.description,
        truth_notes=tuple(table.card.notes),
        environment=_environment(),
        finished_at=datetime.now(UTC),
    )


@cache
def _environment() -> dict[str, str]:
    packages = ("differentiable-nas-harness", "numpy", "scipy", "pandas", "torch")
    return {
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
    }
