"""The records of a folder that a baseline is made of or compared with."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from benchmarks.errors import UserError
from harness.guard.baseline import Baseline, MethodBaseline
from harness.storage.store import Store
from harness.trials.record import Evaluation, Record
from harness.trials.version import commit
from methods import METHODS, version_of

SeededRecords = Mapping[int, Record]
"""Records of one method by seed."""


def all_by_method(runs: Path) -> dict[str, dict[int, Record]]:
    """Every record of a folder, by method and seed, for a baseline to be made of.

    Raises:
        UserError: there is none, they are not all of one kind, or of another state of the code.
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
    _check_state(runs, records)
    found = _by_method(runs, records)
    for name, by_seed in found.items():
        check_alike(runs, name, by_seed)
    return found


def check_alike(runs: Path, name: str, by_seed: SeededRecords) -> None:
    """Raise the user's error where a method's results differ in more than their seeds.

    Raises:
        UserError: they do.
    """
    for what in ("overrides", "settings", "arithmetic", "truth_sha256", "space_version"):
        values = [getattr(record.trial, what) for record in by_seed.values()]
        if any(each != values[0] for each in values):
            raise UserError(
                f"{runs} holds {name} with different {what}; run all seeds alike, into a folder of "
                "their own."
            )


def fresh(
    runs: Path, baseline: Baseline, methods: Mapping[str, MethodBaseline]
) -> dict[str, dict[int, Record]]:
    """The records of a folder that answer to a baseline, by method and seed.

    Raises:
        UserError: they are of another state of the code than the one that is guarded.
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
    _check_state(runs, records)
    return _by_method(runs, records)


def _check_state(runs: Path, records: Iterable[Record]) -> None:
    """Raise the user's error where records are another commit's, or another method version's."""
    records = list(records)
    stale = sorted({record.commit for record in records if record.commit is not None} - {commit()})
    if stale and commit() is not None:
        raise UserError(
            f"{runs} holds results of commit {', '.join(stale)}, and this is {commit()}. "
            "Run the seeds again into an empty folder."
        )
    for record in records:
        trial = record.trial
        if trial.method in METHODS and trial.method_version != version_of(METHODS[trial.method]):
            raise UserError(
                f"{runs} holds results of another version of {trial.method}; run them again into "
                "an empty folder."
            )


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
        overrides = dict.fromkeys(baseline.methods[name].overrides for name in lacking)
        changed = "".join(
            f"--set {each} " for joined in overrides if joined for each in joined.split(",")
        )
        raise UserError(
            f"{runs} lacks results of {', '.join(lacking)} that the baseline asks for; run "
            f"`python -m harness run --methods {','.join(lacking)} --spaces {baseline.space} "
            f"--datasets {baseline.search_dataset} --truth {baseline.truth} "
            f"--protocol {baseline.protocol} {changed}--seeds {','.join(map(str, seeds))} "
            f"--out {runs}` first, with the plug-ins that the baseline was recorded with."
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
