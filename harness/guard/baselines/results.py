"""Results in a folder that a baseline is recorded from or compared with."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from benchmarks.errors import UserError
from benchmarks.metric import Metric
from harness.guard.baselines.baseline import Baseline, MethodBaseline
from harness.storage.evaluated import EvaluatedSearch, read_searches
from harness.storage.store import Store
from harness.trials.ground_truth import Evaluation
from harness.trials.provenance import commit
from methods import METHODS, version_of

SeededSearches = Mapping[int, EvaluatedSearch]
"""Searches of one method by seed."""


class TableFields(TypedDict):
    """The fields of a baseline that identify its table of ground truth."""

    table: str
    table_version: str
    table_sha256: str
    metric: Metric


def table_fields(search: EvaluatedSearch) -> TableFields:
    """Identify the table that a search's values come from; '' where it has none."""
    if search.ground_truth is None:
        return {"table": "", "table_version": "", "table_sha256": "", "metric": search.metric}
    identity = search.ground_truth.identity
    return {
        "table": identity.name,
        "table_version": identity.version,
        "table_sha256": identity.sha256,
        "metric": search.metric,
    }


def table_sha256(search: EvaluatedSearch) -> str:
    """Return the SHA-256 of the table that a search's values come from."""
    return table_fields(search)["table_sha256"]


def results_to_record(folder: Path) -> dict[str, dict[int, EvaluatedSearch]]:
    """Read every search of a folder by method and seed, for a new baseline.

    Raises:
        UserError: there are none, they are not comparable, or other code computed them.
    """
    searches = read_searches(Store.open(folder.expanduser()))
    if not searches:
        raise UserError(f"{folder} contains no finished trials, so there is nothing to record.")
    trials = [search.trial for search in searches]
    for kind, values in {
        "space": [trial.space for trial in trials],
        "search dataset": [trial.search_dataset for trial in trials],
        "protocol": [trial.protocol for trial in trials],
        "table": [table_sha256(search) or "none" for search in searches],
    }.items():
        if len(set(values)) > 1:
            raise UserError(
                f"{folder} contains results for more than one {kind} "
                f"({', '.join(sorted(set(values)))}); a baseline covers one. Run its trials into a "
                "separate folder."
            )
    if any(search.ground_truth and search.ground_truth.is_trained for search in searches):
        raise UserError(
            f"{folder} has ground truth of trainings; the guard compares that of a table. Run the "
            "same searches without --train."
        )
    _check_code(folder, searches)
    by_method = _by_method(folder, searches)
    for name, by_seed in by_method.items():
        check_same_configuration(folder, name, by_seed)
    return by_method


def fresh_results(
    folder: Path, baseline: Baseline, methods: Mapping[str, MethodBaseline]
) -> dict[str, dict[int, EvaluatedSearch]]:
    """Read the searches of a folder that match a baseline, by method and seed.

    Their values are those of the baseline's table, if a run used it.

    Raises:
        UserError: other code computed them.
    """
    store = Store.open(folder.expanduser())
    recorded = f"@{baseline.table_sha256}"
    used = store.ground_truth.used(baseline.space, baseline.search_dataset)
    is_known = baseline.table_sha256 in [card.identity.sha256 for card in used]
    searches = [
        search
        for search in read_searches(store, recorded if is_known else None)
        if search.trial.method in methods
        and search.trial.space == baseline.space
        and search.trial.search_dataset == baseline.search_dataset
        and search.trial.protocol == baseline.protocol
        and search.trial.overrides == methods[search.trial.method].overrides
    ]
    _check_code(folder, searches)
    return _by_method(folder, searches)


def check_same_configuration(folder: Path, name: str, by_seed: SeededSearches) -> None:
    """Check that a method's results differ only in their seeds.

    Raises:
        UserError: they differ in more.
    """
    trials = [search.trial for search in by_seed.values()]
    for kind, values in {
        "overrides": [trial.overrides for trial in trials],
        "settings": [trial.settings for trial in trials],
        "arithmetic": [trial.arithmetic for trial in trials],
        "tables": [table_sha256(search) for search in by_seed.values()],
        "space versions": [trial.space_version for trial in trials],
    }.items():
        if any(each != values[0] for each in values):
            raise UserError(
                f"{folder} contains results of {name} with different {kind}. Run all seeds with "
                "the same configuration into a separate folder."
            )


def check_seeds(
    results: Mapping[str, SeededSearches],
    methods: Iterable[str],
    seeds: Sequence[int],
    folder: Path,
    baseline: Baseline,
) -> None:
    """Check that every method has results with every seed.

    Raises:
        UserError: seeds are missing; the message has the command that runs them.
    """
    missing = [name for name in methods if not set(seeds) <= set(results.get(name, {}))]
    if missing:
        overrides = dict.fromkeys(baseline.methods[name].overrides for name in missing)
        options = "".join(
            f"--set {each} " for joined in overrides if joined for each in joined.split(",")
        )
        raise UserError(
            f"{folder} lacks results of {', '.join(missing)} that the baseline needs. Run "
            f"`python -m harness run --methods {','.join(missing)} --spaces {baseline.space} "
            f"--datasets {baseline.search_dataset} --table {baseline.table} "
            f"--protocol {baseline.protocol} {options}--seeds {','.join(map(str, seeds))} "
            f"--out {folder}` first, with the plug-ins that the baseline was recorded with."
        )


def evaluation(search: EvaluatedSearch) -> Evaluation:
    """Return the evaluation of a finished search on the dataset that it searched on.

    Raises:
        UserError: the search has none.
    """
    if search.evaluation is None:
        raise UserError(
            f"{search.trial.method} with seed {search.trial.seed} has no {search.metric.name} on "
            f"{search.trial.search_dataset}. Repeat the `run` with a --table that has it."
        )
    return search.evaluation


def _check_code(folder: Path, searches: Sequence[EvaluatedSearch]) -> None:
    """Raise a UserError if another commit or method version computed any record."""
    of_searches = {search.record.commit for search in searches}
    commits = {each for each in of_searches if each is not None} - {commit()}
    if commits and commit() is not None:
        raise UserError(
            f"{folder} contains results of commit {', '.join(sorted(commits))}, but the current "
            f"commit is {commit()}. Run the seeds again into an empty folder."
        )
    for search in searches:
        trial = search.trial
        if trial.method in METHODS and trial.method_version != version_of(METHODS[trial.method]):
            raise UserError(
                f"{folder} contains results of another version of {trial.method}. Run the seeds "
                "again into an empty folder."
            )


def _by_method(
    folder: Path, searches: Sequence[EvaluatedSearch]
) -> dict[str, dict[int, EvaluatedSearch]]:
    """Group records by method and seed, both sorted."""
    by_method: dict[str, dict[int, EvaluatedSearch]] = {}
    for search in sorted(searches, key=lambda each: (each.trial.method, each.trial.seed)):
        trial = search.trial
        if by_method.setdefault(trial.method, {}).setdefault(trial.seed, search) is not search:
            raise UserError(
                f"{folder} contains two results of {trial.method} with seed {trial.seed}, with "
                "different settings, versions or devices. Run those to compare into a separate "
                "folder."
            )
    return by_method
