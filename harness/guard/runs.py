"""The records of a folder that a baseline is made of or compared with."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.errors import UserError
from harness.guard.baseline import Baseline, MethodBaseline
from harness.record import Evaluation, Record
from harness.store import Store
from harness.version import commit

SeededRecords = Mapping[int, Record]
"""Records of one method by seed."""


def all_by_method(runs: Path) -> dict[str, dict[int, Record]]:
    """Every record of a folder, by method and seed, for a baseline to be made of.

    Raises:
        UserError: there is none, or they are not all of one kind.
    """
    records = Store.open(runs.expanduser()).records()
    if not records:
        raise UserError(f"{runs} holds no finished trial, so there is nothing to record.")
    for what in ("space", "search_dataset", "protocol", "truth_sha256"):
        found = sorted({getattr(record.trial, what) for record in records})
        if len(found) > 1:
            raise UserError(
                f"{runs} holds results of more than one {what} ({', '.join(found)}); a baseline "
                "is of one. Run what it is made of into a folder of its own."
            )
    return _by_method(runs, records)


def fresh(
    runs: Path, baseline: Baseline, methods: Mapping[str, MethodBaseline]
) -> dict[str, dict[int, Record]]:
    """The records of a folder that answer to a baseline, by method and seed.

    Raises:
        UserError: they are another commit's: an earlier state of the code is not what is guarded.
    """
    records = [
        record
        for record in Store.open(runs.expanduser()).records()
        if record.trial.method in methods
        and record.trial.space == baseline.space
        and record.trial.search_dataset == baseline.search_dataset
        and record.trial.protocol == baseline.protocol
        and record.trial.overrides == methods[record.trial.method].overrides
    ]
    stale = sorted({record.commit for record in records if record.commit is not None} - {commit()})
    if stale and commit() is not None:
        raise UserError(
            f"{runs} holds results of commit {', '.join(stale)}, and this is {commit()}. "
            "Run the guarded seeds again into an empty folder, and guard that."
        )
    return _by_method(runs, records)


def require(
    found: Mapping[str, SeededRecords],
    methods: Iterable[str],
    seeds: Iterable[int],
    runs: Path,
    baseline: Baseline,
) -> None:
    """Raise the user's error, with the command that helps, where a method lacks a seed.

    Raises:
        UserError: it does.
    """
    seeds = list(seeds)
    lacking = [name for name in methods if not set(seeds) <= set(found.get(name, {}))]
    if lacking:
        raise UserError(
            f"{runs} lacks results of {', '.join(lacking)} that the baseline asks for; run "
            f"`python -m harness run --methods {','.join(lacking)} --spaces {baseline.space} "
            f"--datasets {baseline.search_dataset} --protocol {baseline.protocol} "
            f"--seeds {','.join(map(str, seeds))} --out {runs}` first, with the overrides and "
            "plug-ins that the baseline was recorded with."
        )


def evaluation(record: Record) -> Evaluation:
    """What the ground truth says of a finished search's architecture on the dataset searched on."""
    return next(each for each in record.evaluations if each.dataset == record.trial.search_dataset)


def _by_method(runs: Path, records: list[Record]) -> dict[str, dict[int, Record]]:
    """By name of method in order, then by seed."""
    found: dict[str, dict[int, Record]] = {}
    for record in sorted(records, key=lambda each: (each.trial.method, each.trial.seed)):
        trial = record.trial
        if found.setdefault(trial.method, {}).setdefault(trial.seed, record) is not record:
            raise UserError(
                f"{runs} holds two results of {trial.method} with seed {trial.seed}, of different "
                "settings, versions or devices. Run what is compared into a folder of its own."
            )
    return found
