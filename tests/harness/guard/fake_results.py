"""Fake results for the guard: searches whose accuracies a test chooses.

Their architectures are those of the made-up table with the closest test accuracy, so that lookups
match.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.spaces import SPACES
from benchmarks.tables import find_table, open_table
from benchmarks.tables.table import Table, read_table
from harness.execution.answering import Answering
from harness.guard.baselines.record import record_baseline
from harness.guard.compare import compare_with_baseline
from harness.guard.finding import Finding
from harness.guard.probes.short_search import Derivation
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.planning.stages import SearchPlan
from harness.storage.store import Store
from harness.trials.attempt import Attempt, record_of
from harness.trials.record import SearchRecord, SearchResult
from harness.trials.trial import SearchTrial

RECORDED = range(20)
FIRST, SECOND = range(20, 24), range(24, 28)

_TABULAR = ("random-search", "random")  # methods without a supernet


def trials(method: str, seeds: Iterable[int]) -> list[SearchTrial]:
    """Plan trials of `common` on CIFAR-10's made-up table, in batches that fit the images."""
    settings = {"batch_size": "8", "draw_batch_size": "20"} if method not in _TABULAR else {}
    if method != "random-ws":
        settings.pop("draw_batch_size", None)
    request = make_request(
        method, spaces="nas-bench-201", datasets="cifar10", seeds=list(seeds), protocol="common",
        settings=settings, table=None, device="cpu",
    )  # fmt: skip
    return make_plan(request).searches


def table() -> Table:
    """The table in the data folder."""
    return open_table("nats-bench-public", find_table("nats-bench-public").path)


def other_table() -> Table:
    """A table with the same accuracies and another identity."""
    other = read_table(table().path)
    other.card = replace(other.card, name="other", version="9", sha256="0" * 64)
    return other


def fake_record(trial: SearchTrial, accuracy: float, **changes: Any) -> SearchRecord:
    """A finished search that found the architecture with the closest test accuracy."""
    here, space = table(), SPACES[trial.space]
    found = np.asarray(here.values(here.evaluation("cifar10").test))
    architecture = space.parse(str(int(np.abs(found - accuracy).argmin())))
    done = Attempt("done", SearchResult(str(architecture)))
    return replace(record_of(trial, done, seconds=1.0), **changes)


def failed_record(trial: SearchTrial, reason: str, **changes: Any) -> SearchRecord:
    """A search that found nothing."""
    failed = Attempt("failed", reason=reason)
    return replace(record_of(trial, failed, seconds=1.0), **changes)


def store(folder: Path, records: Iterable[SearchRecord], ground_truth: Table | None = None) -> Path:
    """Add records to a folder of results, as a run does whose table is the public one, or another.

    What the records found is looked up in that table, which then is the one that the folder's last
    run asked for.
    """
    folder_store, records = Store.create(folder), list(records)
    for each in records:
        with folder_store.claim(each.key) as held:
            assert held is not None
            held.finish(each)
    tables = {("nas-bench-201", "cifar10"): ground_truth or table()}
    plan = SearchPlan([each.trial for each in records], tables)
    answering = Answering(plan, folder_store)
    answering.add(records)
    return folder


def accuracies(seeds: Iterable[int], mean: float = 70.0, sd: float = 1.0) -> dict[int, float]:
    """An accuracy per seed: evenly spread quantiles in a fixed order, so nothing is random."""
    seeds = list(seeds)
    places = np.random.default_rng(5).permutation(len(seeds))
    steps = (2 * places - (len(seeds) - 1)) / max(len(seeds) - 1, 1)
    return {seed: float(mean + 1.7 * sd * step) for seed, step in zip(seeds, steps, strict=True)}


def fake_results(folder: Path, by_method: Mapping[str, Mapping[int, float]]) -> Path:
    """Store results with the accuracies of each method's seeds."""
    return store(
        folder,
        (
            fake_record(trial, of_seed[trial.seed])
            for method, of_seed in by_method.items()
            for trial in trials(method, of_seed)
        ),
    )


def recorded_baseline(folder: Path, *methods: str, **spread: float) -> Path:
    """Record a baseline of methods with twenty seeds each, without other environments."""
    runs = fake_results(
        folder / "recorded", {each: accuracies(RECORDED, **spread) for each in methods}
    )
    record_baseline(runs, folder / "baseline.json", environments=())
    return folder / "baseline.json"


def fresh_results(
    folder: Path, mean: float = 70.0, later: float | None = None, method: str = "random"
) -> Path:
    """Store results of the first look's seeds around a mean, and of the second's around another."""
    wanted = accuracies(FIRST, mean)
    if later is not None:
        wanted |= accuracies(SECOND, later)
    return fake_results(folder / "fresh", {method: wanted})


def statistics_finding(runs: Path, file: Path, **options: Any) -> Finding:
    """The finding of the statistics layer, for a baseline of one method."""
    (finding,) = compare_with_baseline(runs, file, layers=["statistics"], **options)
    return finding


def with_trial(found: SearchRecord, **changes: Any) -> SearchRecord:
    """The record with a changed trial."""
    trial = replace(found.trial, **changes)
    return replace(found, trial=trial, key=trial.key)


def fake_derivation(architecture: str = "a", lead: float = 0.5, shift: float = 0.0) -> Derivation:
    """Two edges of two operations, the closest decision of which is `lead`."""
    rows = [[1.0 + shift, 0.0], [0.0, lead]]
    return Derivation(architecture, arrays={"alpha/cell": rows, "beta/cell": [0.1, 0.2]})
