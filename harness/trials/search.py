"""Run a search trial to its record."""

import importlib

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from harness.trials.attempt import attempt, record_of
from harness.trials.notebook import BlankNotebook, Notebook
from harness.trials.record import SearchRecord, SearchResult
from harness.trials.task import SearchTask
from harness.trials.trial import SearchTrial
from methods import METHODS, version_of


def run_search(trial: SearchTrial, notebook: Notebook, device: str = "cpu") -> SearchRecord:
    """Run a trial to its record. A method that fails is a recorded result, not an exception.

    Args:
        trial: what to run.
        notebook: takes each event of the search as it happens, and its checkpoints.
        device: what a method that computes does so on; of the kind that the trial says.

    Raises:
        UserError: the table that the method scores on is not the one of the plan, something cannot
            be written, or the device is gone.
    """
    if version_of(METHODS[trial.method]) != trial.method_version:
        raise UserError(f"The file of {trial.method} changed during the run; start the run again.")
    if METHODS[trial.method].uses_device:
        importlib.import_module("torch")  # seconds that the first search of a worker would pay
    task = SearchTask(trial, SPACES[trial.space], notebook, device)
    ended = attempt(lambda: _search(task), device)
    return record_of(trial, ended, task.seconds(), task.consumed())


def _search(task: SearchTask) -> SearchResult:
    outcome = METHODS[task.trial.method]().search(task)
    return SearchResult(
        task.text_of(outcome.architecture),
        outcome.simulated_seconds,
        outcome.evaluated,
        task.space.is_collapsed(outcome.architecture),
    )


def rehearse(trial: SearchTrial) -> None:
    """Check before a run that what a trial's settings ask for is available.

    Raises:
        UserError: it is not.
    """
    task = SearchTask(trial, SPACES[trial.space], BlankNotebook(), "cpu")
    METHODS[trial.method]().rehearse(task)
