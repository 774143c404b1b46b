"""Run a search trial to its record."""

import math
import platform
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from importlib import metadata
from typing import Any

import numpy as np

from benchmarks import truth
from benchmarks.atomic import CannotWrite
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.spaces.space import TabulatedSpace
from benchmarks.truth.query import Query
from benchmarks.truth.table import Table
from harness import seeds
from harness.evaluation import evaluate
from harness.record import Event, Record, State
from harness.trial import SearchTrial
from methods import METHODS
from methods.method import Score

PAIRED_PARTS = ("split", "order", "augmentation", "training")
"""Random parts that are the same for every method of a seed, so that methods are paired by seed."""

Note = Callable[[Event], None]


def run(trial: SearchTrial, note: Note) -> Record:
    """Run a trial to its record. A method that fails is a recorded result, not an exception.

    Args:
        trial: what to run.
        note: takes each event of the search as it happens.

    Raises:
        UserError: the table is not the one of the plan, or an event cannot be written.
    """
    space = SPACES[trial.space]
    table = _table(trial)
    task = _Task(trial, space, table, note)
    started = time.perf_counter()
    try:
        outcome = METHODS[trial.method]().search(task)
        seconds = time.perf_counter() - started
        evaluations = evaluate(space, table, outcome.architecture)
    except CannotWrite:  # no result of the method: it ends the run, and the trial is done again
        raise
    except Exception as error:  # a method's own fault must not end the other trials
        record = failure(trial, _reason(error), time.perf_counter() - started)
        return replace(record, state="oom") if isinstance(error, MemoryError) else record
    return replace(
        _record(trial, table, "done", seconds),
        architecture=str(outcome.architecture),
        simulated_seconds=outcome.simulated_seconds,
        evaluated=outcome.evaluated,
        evaluations=evaluations,
    )


def rehearse(trial: SearchTrial) -> None:
    """Find out before a run whether a trial's settings ask for what the ground truth has.

    Raises:
        UserError: they do not.
    """
    task = _Task(trial, SPACES[trial.space], _table(trial), lambda event: None)
    METHODS[trial.method]().rehearse(task)


def failure(trial: SearchTrial, reason: str, seconds: float = 0.0) -> Record:
    """The record of a trial that came to no result."""
    return replace(_record(trial, _table(trial), "failed", seconds), reason=reason)


def _reason(error: Exception) -> str:
    return str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"


class _Task:
    """What a method may ask for; see `methods.method.Task`."""

    def __init__(self, trial: SearchTrial, space: TabulatedSpace, table: Table, note: Note):
        self.space = space
        self.settings = METHODS[trial.method].Settings(**trial.settings)
        self._trial = trial
        self._table = table
        self._note = note
        self._started = time.perf_counter()

    def rng(self, part: str) -> np.random.Generator:
        trial = self._trial
        of_method = () if part in PAIRED_PARTS else (trial.method,)
        return seeds.generator(trial.seed, trial.space, trial.search_dataset, *of_method, part)

    def validation(self, epochs: int) -> Query:
        return replace(self._table.evaluation(self._trial.search_dataset).valid, epochs=epochs)

    def training_seeds(self, architecture: Any, query: Query) -> list[int]:
        return self._table.seeds(query, self.space.index(architecture))

    def score(self, architecture: Any, query: Query) -> Score:
        index = self.space.index(architecture)
        accuracy = float(self._table.accuracy(query, index))
        seconds = float(self._table.training_seconds(query, index))
        validating = self._table.evaluation_seconds(query, index)
        if validating is not None:
            seconds += float(validating)
        if not (math.isfinite(accuracy) and math.isfinite(seconds)):
            raise UserError(
                f"{self._table.card.name} lacks the accuracy or the seconds of {query} for "
                f"architecture {index}; use another --truth."
            )
        return Score(accuracy, seconds)

    def record(self, architecture: Any, **measured: float) -> None:
        index = self.space.index(architecture)
        truths = {
            dataset: float(self._table.accuracy(evaluation.test, index))
            for dataset, evaluation in self._table.card.evaluations.items()
        }
        seconds = time.perf_counter() - self._started
        self._note(Event(str(architecture), seconds, measured, truths))


def _table(trial: SearchTrial) -> Table:
    table = truth.open_table(trial.truth, truth.truth(trial.truth).path)
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
