"""Tabulate a space on a dataset: train every distinct topology over several seeds."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from filelock import FileLock

from benchmarks.datasets import DATASETS, Dataset
from benchmarks.errors import UserError, unknown
from benchmarks.spaces import tabulated_space
from benchmarks.training.protocol import protocol
from harness.execution.local import LocalExecutor, checked_jobs
from harness.execution.run_plan import left_to_run, run_plan
from harness.execution.run_trial import Context
from harness.planning import plugins
from harness.planning.recipe import Recipe
from harness.planning.stages import TrainPlan
from harness.storage.store import Store
from harness.tabulation.measurements import gather_timings, gather_trainings
from harness.tabulation.table import write_tabulated_table
from harness.tabulation.topologies import topologies
from harness.terminal.progress import Progress, duration
from harness.trials.provenance import commit
from harness.trials.record import Record
from harness.trials.train import run_training
from harness.trials.trial import TrainTrial

if TYPE_CHECKING:
    from rich.console import Console

_TIMING_SECONDS = 0.2  # of a topology: a few steps and two passes over the validation images
_LONG_SECONDS = 3600


def tabulate(
    space: str,
    dataset: str,
    protocol_name: str,
    seeds: Sequence[int],
    out: Path,
    *,
    jobs: int | None = None,
    limit: int | None = None,
    yes: bool = False,
    plugin_files: Sequence[Path] = (),
    command: str = "",
    console: "Console",
) -> Path | None:
    """Train what is not trained yet, then write the table; the same call resumes after any end.

    Args:
        space: of the architectures; a registered name.
        dataset: a registered name or the path of an `.npz` file (`benchmarks.datasets.image_file`).
        protocol_name: of a training protocol.
        seeds: of the trainings.
        out: file of the table; the trainings are trials in the folder `out`.trials beside it.
        jobs: worker processes; by default one per processor.
        limit: train at most this many topologies, and leave the rest for another run.
        yes: start even if it takes over an hour.
        plugin_files: Python files that register the dataset or the space; loaded by every worker.
        command: origin stated on the card of the table.
        console: takes the estimate and the progress.

    Returns:
        The path of the table, beside which its card lies, or None where topologies are left.

    Raises:
        UserError: an argument does not exist or fit, a training failed, or a file cannot be
            written.
    """
    tabulated_space(space)
    if limit is not None and limit < 1:
        raise UserError(f"--limit {limit}: give at least 1.")
    if not seeds:
        raise UserError("No training seeds; give --seeds 3, for example.")
    jobs = checked_jobs(jobs)
    recipe = Recipe(space, dataset_of(dataset), protocol(protocol_name), tuple(seeds))
    order, near = topologies(space).order, topologies(space).nearly_shared
    trainings = _trials(recipe, order[:limit])
    images = [Path(dataset)] if dataset.endswith(".npz") else []
    files = [path.expanduser().resolve() for path in (*plugin_files, *images)]
    tabulation = _Tabulation(
        Context(
            Store.create(out.with_name(f"{out.name}.trials")).folder,
            command,
            commit(),
            redo=datetime.now(UTC),
            plugins=tuple(files),
        ),
        console,
    )
    tabulation.announce(recipe, trainings, jobs, yes=yes)
    trained = tabulation.run(trainings, jobs, recipe.seconds_each)
    if limit is not None and limit < len(order):
        console.print(f"{limit:,} of {len(order):,} topologies are trained; no table yet.")
        return None
    # The time of trainings that share the machine does not measure an architecture's cost.
    timings = [replace(trial, seeds=(0,), measures="cost") for trial in trainings]
    with tabulation.timing_alone():
        timed = tabulation.run(timings, 1, _TIMING_SECONDS, "Timing; leave the machine alone")
    unshared = tabulation.run(_trials(recipe, near), jobs, recipe.seconds_each)
    write_tabulated_table(
        out,
        recipe,
        trained=gather_trainings(order, trained),
        timed=gather_timings(order, timed),
        unshared=gather_trainings(near, unshared),
        command=command,
    )
    return out


def dataset_of(name: str) -> Dataset:
    """Return a registered dataset of one file, or the user's own `.npz`, named after the file.

    Raises:
        UserError: there is none of that name, or its images are not in one file.
    """
    if name.endswith(".npz"):
        return DATASETS[plugins.name_of(Path(name))]
    usable = [each.name for each in DATASETS.values() if each.file is not None]
    if name not in usable:
        raise unknown("dataset to tabulate", name, [*usable, "an .npz file"])
    return DATASETS[name]


def _trials(recipe: Recipe, indices: Sequence[int]) -> list[TrainTrial]:
    space = tabulated_space(recipe.space)
    return [recipe.trial_of_text(str(space.architecture(index))) for index in indices]


class _Tabulation:
    """Trainings that are run or read, in the folder of one table."""

    def __init__(self, context: Context, console: "Console"):
        self._context, self._console = context, console
        self._store = Store(context.store)

    def announce(
        self, recipe: Recipe, trials: Sequence[TrainTrial], jobs: int, *, yes: bool
    ) -> None:
        """Print an estimate from one training; UserError where it is long and not confirmed."""
        plan = TrainPlan(trials, recipe.seconds_each)
        _, left = left_to_run(plan, self._store, redo=self._context.redo)
        if not left:
            return
        first = left[0]
        assert isinstance(first, TrainTrial)
        trained = run_training(first)  # which also warms up
        if trained.result is None:
            raise UserError(f"A training fails: {trained.reason}")
        started = time.perf_counter()
        run_training(first)
        seconds = (time.perf_counter() - started) * len(left) / jobs
        self._console.print(
            f"{recipe.space} on {recipe.dataset.name}, protocol {recipe.protocol.name}, "
            f"{len(recipe.seeds)} seeds: {len(trials):,} topologies, "
            f"{len(trials) - len(left):,} of them already trained; the rest takes about "
            f"{duration(seconds)} with {jobs} jobs",
            soft_wrap=True,
            highlight=False,
        )
        if seconds > _LONG_SECONDS and not yes:
            raise UserError(
                f"This would take about {duration(seconds)}. Pass --yes to start, or train a part "
                "of it with --limit."
            )

    @contextmanager
    def timing_alone(self) -> Iterator[None]:
        """Let no other process time anything for the same table meanwhile."""
        with FileLock(self._store.folder / "timing.lock"):
            yield

    def run(
        self, trials: Sequence[TrainTrial], jobs: int, seconds_each: float, note: str = ""
    ) -> list[Record]:
        """Run the trials that are not finished; return the records of all.

        Raises:
            UserError: a trial failed.
        """
        plan = TrainPlan(trials, seconds_each)
        done, left = left_to_run(plan, self._store, redo=self._context.redo)
        if left:
            if note:
                self._console.print(note, highlight=False)
            with Progress(trials, self._console) as progress:
                executor = LocalExecutor(self._context, jobs)
                done = run_plan(
                    plan,
                    executor,
                    self._store,
                    redo=self._context.redo,
                    on_records=progress.add,
                )
        records = [done[trial.key] for trial in trials]
        _check(records)
        return records


def _check(records: Sequence[Record]) -> None:
    """Raise a UserError if a training failed."""
    failed = [record for record in records if record.result is None]
    if failed:
        raise UserError(
            f"{len(failed):,} of {len(records):,} trainings failed; the same command runs them "
            f"again. The first one: {failed[0].reason}"
        )
