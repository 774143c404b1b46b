"""Recording a baseline from a folder of results."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from benchmarks.errors import UserError
from harness.guard import baseline as baselines
from harness.guard import elsewhere, environment, runs, short_search, ten_steps
from harness.guard.baseline import Baseline, MethodBaseline, Move, RecordedSearch, ShortSearch
from harness.guard.elsewhere import Elsewhere
from harness.guard.finding import LAYERS
from harness.guard.short_search import Derived
from harness.trials.record import Record
from harness.trials.trial import SearchTrial
from harness.trials.version import commit
from methods import METHODS

LEVEL = 0.01
"""The share of runs with a false alarm, all methods together, for normal accuracies."""

FEWEST = 4
"""Seeds of a method; with twenty the guard sees a drop of half the size or less."""

_LOOK = 4  # seeds in a look
_SAFE = 100
"""How many times the spread of alpha between environments its closest decision has to stand off:
they might agree by luck otherwise, and the next processor might not."""


Tell = Callable[[str], None]


def silent(_: str) -> None:
    """Tell nothing."""


def record(
    folder: Path,
    out: Path,
    *,
    environments: Sequence[Elsewhere] | None = None,
    plugins: Sequence[Path] = (),
    tell: Tell = silent,
) -> Baseline:
    """Record a baseline of everything in a folder of results, and write it to a new file.

    Args:
        folder: results of one space, dataset and protocol, every method with the same seeds.
        out: the file.
        environments: in which the shortened searches are tried beside this one; by default all
            that this machine can be made to be.
        plugins: files that register methods.
        tell: takes what is being done, a line at a time.

    Raises:
        UserError: the results are not of that kind, or the file is there already.
    """
    if out.exists():
        raise UserError(
            f"{out} is there already. Move it with `python -m harness guard {folder} "
            f"--baseline {out} --update --reason TEXT`, or choose another --out."
        )
    environments = elsewhere.environments() if environments is None else environments
    found = runs.all_by_method(folder)
    seeds = _common_seeds(folder, found)
    first = next(iter(found.values()))[seeds[0]]
    trial = first.trial
    methods = {
        name: _of_records([by_seed[seed] for seed in seeds]) for name, by_seed in found.items()
    }
    made = Baseline(
        space=trial.space,
        space_version=trial.space_version,
        search_dataset=trial.search_dataset,
        protocol=trial.protocol,
        truth=trial.truth,
        truth_version=trial.truth_version,
        truth_sha256=trial.truth_sha256,
        first_look=tuple(range(seeds[-1] + 1, seeds[-1] + 1 + _LOOK)),
        second_look=tuple(range(seeds[-1] + 1 + _LOOK, seeds[-1] + 1 + 2 * _LOOK)),
        level=LEVEL,
        delta=0.0,
        environment=environment.here(),
        environments_tried=("here", *(each.name for each in environments)),
        packages=first.environment,
        moves=(note("recorded", LAYERS, methods),),
        methods=with_short_searches(
            methods, {name: by_seed[seeds[0]].trial for name, by_seed in found.items()},
            environments, plugins, tell,
        ),
    )  # fmt: skip
    baselines.write(out, made)
    return made


def _of_records(records: Sequence[Record]) -> MethodBaseline:
    """What is recorded of a method, the shortened searches left out."""
    trial = records[0].trial
    return MethodBaseline(
        version=trial.method_version,
        settings=dict(trial.settings),
        overrides=trial.overrides,
        arithmetic=dict(trial.arithmetic),
        searches=tuple(recorded_search(each) for each in records),
        short_searches=(),
        ten_steps=tuple(ten_steps.steps(METHODS[trial.method])),
    )


def with_short_searches(
    methods: Mapping[str, MethodBaseline],
    trials: Mapping[str, SearchTrial],
    environments: Sequence[Elsewhere],
    plugins: Sequence[Path],
    tell: Tell,
) -> dict[str, MethodBaseline]:
    """The methods with what their shortened searches derive, wherever that is the same."""
    asked = [(trials[name], seed) for name in methods for seed in short_search.SEEDS]
    tell(f"{len(asked)} short searches, with this processor's own kernels")
    here = [short_search.run(short_search.of(trial, seed)) for trial, seed in asked]
    # What computes nothing in floating point that processors could differ in needs no other one.
    computing = [place for place, (trial, _) in enumerate(asked) if _computes(trial)]
    found = [[each] for each in here]
    for each in environments if computing else ():
        tell(f"{len(computing)} short searches, tried elsewhere: {each.name}")
        there = elsewhere.run([asked[place] for place in computing], each, plugins)
        for place, derived in zip(computing, there, strict=True):
            found[place].append(derived)
    made: dict[str, list[ShortSearch]] = {name: [] for name in methods}
    for (trial, seed), results in zip(asked, found, strict=True):
        if results[0].architecture is None:
            raise UserError(
                f"The short search of {trial.method} with seed {seed} comes to no end: "
                f"{results[0].reason}"
            )
        made[trial.method].append(_short_search(seed, results))
    return {name: replace(methods[name], short_searches=tuple(made[name])) for name in methods}


def _short_search(seed: int, results: list[Derived]) -> ShortSearch:
    """What is kept of a shortened search, given what it derives in all environments."""
    here = results[0]
    return ShortSearch(
        seed,
        architecture=here.architecture if _agree(results) else None,
        spread=min(short_search.spread(results), 1e300),
        margin=short_search.margin(here),
    )


def _agree(found: list[Derived]) -> bool:
    margin = short_search.margin(found[0])
    is_safe = margin is None or margin >= _SAFE * short_search.spread(found)
    return is_safe and len({each.architecture for each in found}) == 1


def _computes(trial: SearchTrial) -> bool:
    return METHODS[trial.method].uses_device


def recorded_search(record: Record) -> RecordedSearch:
    """What is kept of a finished search."""
    found = runs.evaluation(record)
    assert record.architecture is not None  # only finished searches come here
    return RecordedSearch(
        record.trial.seed, found.valid_accuracy, found.test_accuracy, record.architecture
    )


def _common_seeds(folder: Path, found: Mapping[str, runs.SeededRecords]) -> list[int]:
    """The seeds of all methods; UserError where they differ, are few, or a search failed."""
    seeds = sorted({seed for by_seed in found.values() for seed in by_seed})
    for name, by_seed in found.items():
        lacking = sorted(set(seeds) - set(by_seed))
        if lacking:
            raise UserError(
                f"{folder} has no {name} with seed {', '.join(map(str, lacking))}, which other "
                "methods have; a baseline has the same seeds for every method."
            )
        check_done(name, by_seed.values())
    if len(seeds) < FEWEST:
        raise UserError(
            f"{folder} has {len(seeds)} seeds; a baseline takes at least {FEWEST}, and with 20 it "
            "sees one of half the size or less."
        )
    return seeds


def check_done(name: str, records: Iterable[Record]) -> None:
    """Raise the user's error where a search came to no result.

    Raises:
        UserError: one did.
    """
    for record in records:
        if record.state != "done":
            raise UserError(
                f"{name} with seed {record.trial.seed} {record.state} ({record.reason}); a "
                "baseline is made of finished searches. Mend it and run it again with --retry."
            )


def note(reason: str, layers: Sequence[str], methods: Iterable[str]) -> Move:
    """Today's move, for the file to say."""
    today = datetime.now(UTC).date().isoformat()
    return Move(today, reason, tuple(layers), tuple(methods), commit())
