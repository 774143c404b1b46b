"""Recording a baseline from a folder of results."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.errors import UserError
from harness.guard.baselines.baseline import Baseline, HistoryEntry, MethodBaseline, RecordedSearch
from harness.guard.baselines.file import write_baseline
from harness.guard.baselines.results import (
    SeededSearches,
    evaluation,
    results_to_record,
    table_fields,
)
from harness.guard.baselines.short_searches import OnProgress, record_short_searches
from harness.guard.environments.emulate import EmulatedEnvironment, emulated_environments
from harness.guard.environments.environment import this_environment
from harness.guard.finding import LAYERS
from harness.guard.probes.ten_steps import measure_ten_steps
from harness.storage.evaluated import EvaluatedSearch
from harness.trials.provenance import commit
from methods import METHODS

LEVEL = 0.01
"""Chance of a false alarm in a run, all methods together, for normally distributed values."""

FEWEST = 4
"""Least seeds of a method; with twenty the guard detects changes of half the size or less."""

_LOOK = 4  # seeds in a look


def record_baseline(
    folder: Path,
    out: Path,
    *,
    environments: Sequence[EmulatedEnvironment] | None = None,
    plugins: Sequence[Path] = (),
    on_progress: OnProgress = lambda _: None,
) -> Baseline:
    """Record a baseline of all results in a folder, and write it to a new file.

    Args:
        folder: results of one space, dataset and protocol, every method with the same seeds.
        out: the file.
        environments: where the short searches are tried besides this one; by default all that this
            machine can emulate.
        plugins: files that register methods.
        on_progress: called with a line of text before each lengthy step.

    Raises:
        UserError: the results do not make a baseline, or the file already exists.
    """
    if out.exists():
        raise UserError(
            f"{out} already exists. Update it with `python -m harness guard {folder} "
            f"--baseline {out} --update --reason TEXT`, or choose another --out."
        )
    environments = emulated_environments() if environments is None else environments
    results = results_to_record(folder)
    seeds = _common_seeds(folder, results)
    first = next(iter(results.values()))[seeds[0]]
    trial = first.trial
    methods = {
        name: _record_method([by_seed[seed] for seed in seeds]) for name, by_seed in results.items()
    }
    baseline = Baseline(
        space=trial.space,
        space_version=trial.space_version,
        search_dataset=trial.search_dataset,
        protocol=trial.protocol,
        **table_fields(first),
        first_look=tuple(range(seeds[-1] + 1, seeds[-1] + 1 + _LOOK)),
        second_look=tuple(range(seeds[-1] + 1 + _LOOK, seeds[-1] + 1 + 2 * _LOOK)),
        level=LEVEL,
        delta=0.0,
        environment=this_environment(),
        environments_tried=("here", *(each.name for each in environments)),
        packages=first.record.environment,
        history=(history_entry("recorded", LAYERS, methods),),
        methods=record_short_searches(
            methods, {name: by_seed[seeds[0]].trial for name, by_seed in results.items()},
            environments, plugins, on_progress,
        ),
    )  # fmt: skip
    write_baseline(out, baseline)
    return baseline


def record_searches(name: str, searches: Iterable[EvaluatedSearch]) -> tuple[RecordedSearch, ...]:
    """Reduce a method's searches to what a baseline keeps of them.

    Raises:
        UserError: a search did not finish, or has no ground truth.
    """
    recorded = []
    for search in searches:
        record, seed = search.record, search.trial.seed
        if record.result is None:
            raise UserError(
                f"{name} with seed {seed} {record.state} ({record.reason}); a baseline is recorded "
                "from finished searches. Fix the cause and run it again with --retry."
            )
        found = evaluation(search)
        recorded.append(
            RecordedSearch(seed, found.valid_value, found.test_value, record.result.architecture)
        )
    return tuple(recorded)


def history_entry(reason: str, layers: Sequence[str], methods: Iterable[str]) -> HistoryEntry:
    """Describe a recording of today."""
    today = datetime.now(UTC).date().isoformat()
    return HistoryEntry(today, reason, tuple(layers), tuple(methods), commit())


def _record_method(searches: Sequence[EvaluatedSearch]) -> MethodBaseline:
    """Record a method without its short searches."""
    trial = searches[0].trial
    return MethodBaseline(
        version=trial.method_version,
        settings=dict(trial.settings),
        overrides=trial.overrides,
        arithmetic=dict(trial.arithmetic),
        searches=record_searches(trial.method, searches),
        short_searches=(),
        ten_steps=tuple(measure_ten_steps(METHODS[trial.method])),
    )


def _common_seeds(folder: Path, results: Mapping[str, SeededSearches]) -> list[int]:
    """Return the seeds of all methods; UserError if they differ or are too few."""
    seeds = sorted({seed for by_seed in results.values() for seed in by_seed})
    for name, by_seed in results.items():
        missing = sorted(set(seeds) - set(by_seed))
        if missing:
            raise UserError(
                f"{folder} has no results of {name} with seed {', '.join(map(str, missing))}, "
                "which other methods have; all methods of a baseline need the same seeds."
            )
    if len(seeds) < FEWEST:
        raise UserError(
            f"{folder} has {len(seeds)} seeds; a baseline needs at least {FEWEST}, and with 20 the "
            "guard detects drops of half the size or less."
        )
    return seeds
