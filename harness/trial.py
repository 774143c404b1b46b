"""One search trial: what identifies it, and how it is run."""

import hashlib
import json
import platform
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime
from importlib import metadata
from typing import Any

import numpy as np

from benchmarks import truth
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.spaces.space import SearchSpace
from benchmarks.truth.query import Query
from benchmarks.truth.table import Table
from harness import seeds
from harness.record import Evaluation, Record
from methods import METHODS
from methods.method import Outcome, Score

_KEY_DIGITS = 16


@dataclass(frozen=True)
class SearchTrial:
    """A method on a space and dataset under a protocol with a seed.

    Everything that may move its result is here, and nothing else: not the order of methods, paths,
    or the number of workers.
    """

    method: str
    method_version: str
    space: str
    space_version: str
    search_dataset: str
    protocol: str
    overrides: str
    settings: Mapping[str, Any]
    seed: int
    truth: str
    truth_version: str
    truth_sha256: str
    device: str
    """Kind of device the search computes on; 'none' where it only looks things up."""
    provenance: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where each setting's value comes from; not part of the identity."""

    @property
    def key(self) -> str:
        """The identity, as a hash of the resolved content."""
        content = asdict(self)
        del content["provenance"]
        text = json.dumps(content, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()[:_KEY_DIGITS]


def run(trial: SearchTrial, note: Callable[[dict[str, Any]], None]) -> Record:
    """Run a trial to its record. A method that fails is a recorded result, not an exception.

    Args:
        trial: what to run.
        note: takes each event of the search as it happens.
    """
    space = SPACES[trial.space]
    table = truth.open_table(trial.truth, truth.truth(trial.truth).path)
    if table.card.sha256 != trial.truth_sha256:
        raise UserError(
            f"The table {trial.truth} changed while the run was going on; start the run again."
        )
    task = _Task(trial, space, table, note)
    started = time.perf_counter()
    try:
        outcome = METHODS[trial.method]().search(task)
    except Exception as error:  # a method's own fault must not end the other trials
        reason = str(error) if isinstance(error, UserError) else f"{type(error).__name__}: {error}"
        return _record(trial, table, "failed", started, reason=reason)
    record = _record(trial, table, "done", started)
    return replace(
        record,
        architecture=str(outcome.architecture),
        simulated_seconds=outcome.simulated_seconds,
        evaluated=outcome.evaluated,
        evaluations=tuple(_evaluations(space, table, outcome)),
    )


def failure(trial: SearchTrial, reason: str) -> Record:
    """The record of a trial whose process did not live to write one."""
    table = truth.open_table(trial.truth, truth.truth(trial.truth).path)
    return _record(trial, table, "failed", time.perf_counter(), reason=reason)


class _Task:
    """What a method may ask for; see `methods.method.Task`."""

    def __init__(
        self,
        trial: SearchTrial,
        space: SearchSpace,
        table: Table,
        note: Callable[[dict[str, Any]], None],
    ):
        self.space = space
        self.settings = METHODS[trial.method].Settings(**trial.settings)
        self._trial = trial
        self._table = table
        self._note = note
        self._started = time.perf_counter()

    def rng(self, part: str) -> np.random.Generator:
        trial = self._trial
        return seeds.generator(trial.seed, trial.space, trial.search_dataset, trial.method, part)

    def validation(self, epochs: int) -> Query:
        return replace(self._table.evaluation(self._trial.search_dataset).valid, epochs=epochs)

    def training_seeds(self, architecture: Any, query: Query) -> list[int]:
        return self._table.seeds(query, architecture.index)

    def score(self, architecture: Any, query: Query) -> Score:
        index = architecture.index
        seconds = float(self._table.training_seconds(query, index))
        validating = self._table.evaluation_seconds(query, index)
        if validating is not None:
            seconds += float(validating)
        return Score(float(self._table.accuracy(query, index)), seconds)

    def record(self, architecture: Any, score: float, simulated_seconds: float) -> None:
        truths = {
            dataset: float(self._table.accuracy(evaluation.test, architecture.index))
            for dataset, evaluation in self._table.card.evaluations.items()
        }
        self._note(
            {
                "architecture": str(architecture),
                "score": score,
                "simulated_seconds": simulated_seconds,
                "seconds": time.perf_counter() - self._started,
                "test_accuracy": truths,
            }
        )


def _evaluations(space: SearchSpace, table: Table, outcome: Outcome):
    index = outcome.architecture.index
    for dataset, evaluation in table.card.evaluations.items():
        test = evaluation.test
        yield Evaluation(
            dataset=dataset,
            valid_accuracy=float(table.accuracy(evaluation.valid, index)),
            valid_query=str(evaluation.valid),
            test_accuracy=float(table.accuracy(test, index)),
            test_query=str(test),
            optimum_test_accuracy=table.optimum(test)[1],
            regret=float(table.regret(test, index)),
            rank=int(table.rank(test, index)),
            percentile=float(table.percentile(test, index)),
            parameters=space.parameters(outcome.architecture, dataset),
            macs=space.macs(outcome.architecture, dataset),
        )


def _record(
    trial: SearchTrial, table: Table, state: str, started: float, reason: str | None = None
) -> Record:
    return Record(
        key=trial.key,
        trial=asdict(trial),
        state=state,
        reason=reason,
        search_seconds=time.perf_counter() - started,
        datasets=tuple(table.card.evaluations),
        truth_description=table.card.description,
        truth_notes=tuple(table.card.notes),
        environment=_environment(),
        finished_at=datetime.now(UTC).isoformat(timespec="milliseconds"),
    )


def _environment() -> dict[str, str]:
    packages = ("differentiable-nas-harness", "numpy", "scipy", "pandas", "torch")
    return {
        "python": platform.python_version(),
        **{package: metadata.version(package) for package in packages},
    }
