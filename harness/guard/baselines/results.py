"""Results in a folder that a baseline is recorded from or compared with."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypedDict

from benchmarks.errors import UserError
from harness.guard.baselines.baseline import Baseline, MethodBaseline
from harness.storage.store import Store
from harness.trials.provenance import commit
from harness.trials.record import Evaluation, Record
from harness.trials.trial import SearchTrial
from methods import METHODS, version_of

SeededRecords = Mapping[int, Record]
"""Records of one method by seed."""


class TableFields(TypedDict):
    """The fields of a baseline that identify its table of ground-truth accuracies."""

    table: str
    table_version: str
    table_sha256: str


def table_fields(trial: SearchTrial) -> TableFields:
    """Identify the table that a trial's accuracies come from."""
    return {
        "table": trial.table,
        "table_version": trial.table_version,
        "table_sha256": trial.table_sha256,
    }


def table_sha256(trial: SearchTrial) -> str:
    """Return the SHA-256 of the table that a trial's accuracies come from."""
    return table_fields(trial)["table_sha256"]


def results_to_record(folder: Path) -> dict[str, dict[int, Record]]:
    """Read every record of a folder by method and seed, for a new baseline.

    Raises:
        UserError: there are none, they are not comparable, or other code computed them.
    """
    records = Store.open(folder.expanduser()).records()
    if not records:
        raise UserError(f"{folder} contains no finished trials, so there is nothing to record.")
    trials = [record.trial for record in records]
    for kind, values in {
        "space": [trial.space for trial in trials],
        "search dataset": [trial.search_dataset for trial in trials],
        "protocol": [trial.protocol for trial in trials],
        "table": [table_sha256(trial) for trial in trials],
    }.items():
        if len(set(values)) > 1:
            raise UserError(
                f"{folder} contains results for more than one {kind} "
                f"({', '.join(sorted(set(values)))}); a baseline covers one. Run its trials into a "
                "separate folder."
            )
    _check_code(folder, records)
    by_method = _by_method(folder, records)
    for name, by_seed in by_method.items():
        check_same_configuration(folder, name, by_seed)
    return by_method


def fresh_results(
    folder: Path, baseline: Baseline, methods: Mapping[str, MethodBaseline]
) -> dict[str, dict[int, Record]]:
    """Read the records of a folder that match a baseline, by method and seed.

    Raises:
        UserError: other code computed them.
    """
    records = [
        record
        for record in Store.open(folder.expanduser()).records()
        if record.trial.method in methods
        and record.trial.space == baseline.space
        and record.trial.search_dataset == baseline.search_dataset
        and record.trial.protocol == baseline.protocol
        and record.trial.overrides == methods[record.trial.method].overrides
    ]
    _check_code(folder, records)
    return _by_method(folder, records)


def check_same_configuration(folder: Path, name: str, by_seed: SeededRecords) -> None:
    """Check that a method's results differ only in their seeds.

    Raises:
        UserError: they differ in more.
    """
    trials = [record.trial for record in by_seed.values()]
    for kind, values in {
        "overrides": [trial.overrides for trial in trials],
        "settings": [trial.settings for trial in trials],
        "arithmetic": [trial.arithmetic for trial in trials],
        "tables": [table_sha256(trial) for trial in trials],
        "space versions": [trial.space_version for trial in trials],
    }.items():
        if any(each != values[0] for each in values):
            raise UserError(
                f"{folder} contains results of {name} with different {kind}. Run all seeds with "
                "the same configuration into a separate folder."
            )


def check_seeds(
    results: Mapping[str, SeededRecords],
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


def evaluation(record: Record) -> Evaluation:
    """Return the evaluation of a finished search on the dataset that it searched on."""
    return next(each for each in record.evaluations if each.dataset == record.trial.search_dataset)


def _check_code(folder: Path, records: Sequence[Record]) -> None:
    """Raise a UserError if another commit or method version computed any record."""
    commits = {record.commit for record in records if record.commit is not None} - {commit()}
    if commits and commit() is not None:
        raise UserError(
            f"{folder} contains results of commit {', '.join(sorted(commits))}, but the current "
            f"commit is {commit()}. Run the seeds again into an empty folder."
        )
    for record in records:
        trial = record.trial
        if trial.method in METHODS and trial.method_version != version_of(METHODS[trial.method]):
            raise UserError(
                f"{folder} contains results of another version of {trial.method}. Run the seeds "
                "again into an empty folder."
            )


def _by_method(folder: Path, records: Sequence[Record]) -> dict[str, dict[int, Record]]:
    """Group records by method and seed, both sorted."""
    by_method: dict[str, dict[int, Record]] = {}
    for record in sorted(records, key=lambda each: (each.trial.method, each.trial.seed)):
        trial = record.trial
        if by_method.setdefault(trial.method, {}).setdefault(trial.seed, record) is not record:
            raise UserError(
                f"{folder} contains two results of {trial.method} with seed {trial.seed}, with "
                "different settings, versions or devices. Run those to compare into a separate "
                "folder."
            )
    return by_method
