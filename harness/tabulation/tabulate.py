"""Tabulate a space on a dataset: train every distinct topology over several seeds."""

import itertools
import multiprocessing
import os
import threading
import time
from collections.abc import Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from functools import cache
from multiprocessing.connection import wait as wait_for_sentinels
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.datasets import DATASETS, Dataset
from benchmarks.datasets.image_file import images_of
from benchmarks.errors import UserError, unknown
from benchmarks.spaces import SPACES
from benchmarks.training.protocol import protocol
from harness.execution.local import checked_jobs
from harness.planning import plugins
from harness.tabulation.shards import (
    Content,
    Shards,
    Tabulation,
    Timings,
    Trainings,
    Unshared,
)
from harness.tabulation.table import write_tabulated_table
from harness.tabulation.topologies import topologies
from harness.terminal.progress import duration

if TYPE_CHECKING:
    from rich.console import Console

    from harness.tabulation.trainer import Trainer

_PER_SHARD = 10  # under a minute each, so that a kill costs little
_TIMED_PER_SHARD = 100  # a few seconds
_LINE_EVERY_SECONDS = 30.0
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
        out: file of the table; the trainings are kept beside it in `out`.shards.
        jobs: worker processes; by default one per processor.
        limit: train at most this many topologies, and leave the rest for another run.
        yes: start even if it takes over an hour.
        plugin_files: Python files that register the dataset or the space; loaded by every worker.
        command: origin stated on the card of the table.
        console: takes the estimate and the progress.

    Returns:
        The path of the table, beside which its card lies, or None where topologies are left.

    Raises:
        UserError: an argument does not exist or fit, or a file cannot be written.
    """
    SPACES.check(space)
    if limit is not None and limit < 1:
        raise UserError(f"--limit {limit}: give at least 1.")
    if not seeds:
        raise UserError("No training seeds; give --seeds 3, for example.")
    jobs = checked_jobs(jobs)
    source = dataset_of(dataset)
    images = images_of(source)
    chosen = protocol(protocol_name)
    if chosen.batch_size > len(images.splits["train"]):
        raise UserError(
            f"Protocol {chosen.name} has batches of {chosen.batch_size} and {dataset} only "
            f"{len(images.splits['train'])} training images."
        )
    tabulation = Tabulation(
        space=space,
        space_version=SPACES[space].version,
        dataset=source.name,
        dataset_sha256=images.sha256,
        noise=source.noise,
        protocol=chosen,
        seeds=tuple(seeds),
    )
    shards = Shards(out.with_name(out.name + ".shards"), tabulation)
    with shards.claimed():
        every = topologies(space).order
        work = _cut(every[:limit], _PER_SHARD)
        left = _missing(shards, work, Trainings)
        if left:
            _announce(tabulation, source, work, left, jobs, yes, console)
            _train_all(shards, source, left, jobs, plugin_files, console)
        if limit is not None and limit < len(every):
            console.print(f"{limit:,} of {len(every):,} topologies are trained; no table yet.")
            return None
        timed = _cut(every, _TIMED_PER_SHARD)
        _time_all(shards, source, _missing(shards, timed, Timings), console)
        near = topologies(space).nearly_shared
        alone = {0: near} if near else {}
        for number, indices in _missing(shards, alone, Unshared).items():
            console.print(f"Training {len(indices)} architectures that share a training")
            trainer = _trainer(source, tabulation)
            shards.write(number, Unshared(**vars(trainer.train(indices))))
        write_tabulated_table(
            out,
            tabulation,
            images,
            trainings=_found(shards, work, Trainings),
            timings=_found(shards, timed, Timings),
            unshared=_found(shards, alone, Unshared),
            command=command,
        )
        return out


def _missing(
    shards: Shards, work: dict[int, tuple[int, ...]], kind: type[Content]
) -> dict[int, tuple[int, ...]]:
    """Return the shards that are not on disk."""
    return {
        number: indices
        for number, indices in work.items()
        if shards.read(number, indices, kind) is None
    }


def _found(
    shards: Shards, work: dict[int, tuple[int, ...]], kind: type[Content]
) -> dict[int, Content]:
    """Return the shards that are on disk."""
    return {
        number: content
        for number, indices in work.items()
        if (content := shards.read(number, indices, kind)) is not None
    }


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


def _cut(indices: tuple[int, ...], size: int) -> dict[int, tuple[int, ...]]:
    """Cut indices into numbered shards; a later run replaces one that a limit cut short."""
    starts = range(0, len(indices), size)
    return {number: indices[start : start + size] for number, start in enumerate(starts)}


def _announce(
    tabulation: Tabulation,
    source: Dataset,
    work: dict[int, tuple[int, ...]],
    left: dict[int, tuple[int, ...]],
    jobs: int,
    yes: bool,
    console: "Console",
) -> None:
    """Print an estimate from one training; UserError where it is long and not confirmed."""
    indices = next(iter(left.values()))
    trainer = _trainer(source, tabulation)
    trainer.train(indices[:1])  # the first one warms up
    started = time.perf_counter()
    trainer.train(indices[:1])
    total, rest = (sum(map(len, each.values())) for each in (work, left))
    seconds = (time.perf_counter() - started) * rest / jobs
    console.print(
        f"{tabulation.space} on {tabulation.dataset}, protocol {tabulation.protocol.name}, "
        f"{len(tabulation.seeds)} seeds: {total:,} topologies, {total - rest:,} of them already "
        f"trained, the rest takes about {duration(seconds)} with {jobs} jobs",
        soft_wrap=True,
        highlight=False,
    )
    if seconds > _LONG_SECONDS and not yes:
        raise UserError(
            f"This would take about {duration(seconds)}. Pass --yes to start, or train a "
            "part of it with --limit."
        )


def _train_all(
    shards: Shards,
    source: Dataset,
    left: dict[int, tuple[int, ...]],
    jobs: int,
    plugin_files: Sequence[Path],
    console: "Console",
) -> None:
    """Fill shards in worker processes; each is written as soon as it is complete."""
    total = sum(map(len, left.values()))
    started = told = time.monotonic()
    done = 0
    # spawn: a forked child would share torch's threads with its parent.
    with ProcessPoolExecutor(
        min(jobs, len(left)),
        multiprocessing.get_context("spawn"),
        initializer=_start,
        initargs=(plugin_files,),
    ) as pool:
        waiting = iter(left.items())
        running: dict[Future, int] = {}
        try:
            while True:
                for number, indices in itertools.islice(waiting, jobs - len(running)):
                    running[pool.submit(_fill, shards, source, number, indices)] = len(indices)
                if not running:
                    return
                for future in wait(running, return_when=FIRST_COMPLETED).done:
                    future.result()
                    done += running.pop(future)
                now = time.monotonic()
                if now - told >= _LINE_EVERY_SECONDS or done == total:
                    told = now
                    minutes = (now - started) / 60
                    console.print(
                        f"{done:,} of {total:,} topologies, {minutes:.0f} min, "
                        f"about {minutes * (total - done) / done:.0f} min left",
                        highlight=False,
                    )
        except BrokenProcessPool as error:
            raise UserError(
                "A worker process died, as when memory runs out. Finished trainings are kept: run "
                "the same command again to resume, with fewer --jobs."
            ) from error


def _time_all(
    shards: Shards, source: Dataset, left: dict[int, tuple[int, ...]], console: "Console"
) -> None:
    """Time a few steps of each topology, one after the other and with nothing beside them.

    The time of trainings in workers that share the machine does not measure an architecture's cost.
    """
    if not left:
        return
    total = sum(map(len, left.values()))
    console.print(
        f"Timing a few steps of each of {total:,} topologies in one process; leave the machine "
        "alone for these minutes",
        soft_wrap=True,
        highlight=False,
    )
    trainer = _trainer(source, shards.tabulation)
    told, done = time.monotonic(), 0
    for number, indices in left.items():
        shards.write(number, trainer.time(indices))
        done += len(indices)
        if time.monotonic() - told >= _LINE_EVERY_SECONDS:
            told = time.monotonic()
            console.print(f"{done:,} of {total:,} topologies timed", highlight=False)


def _start(plugin_files: Sequence[Path]) -> None:
    plugins.load(plugin_files)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    """End this process with its parent, so that no orphan keeps training."""
    parent = multiprocessing.parent_process()
    assert parent is not None  # a worker is always somebody's child
    wait_for_sentinels([parent.sentinel])
    os._exit(1)


def _fill(shards: Shards, source: Dataset, number: int, indices: tuple[int, ...]) -> None:
    trainer = _trainer(source, shards.tabulation)
    shards.write(number, trainer.train(indices))


@cache
def _trainer(source: Dataset, tabulation: Tabulation) -> "Trainer":
    from harness.tabulation.trainer import Trainer  # torch begins here

    return Trainer(source, tabulation)
