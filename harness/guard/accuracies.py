"""The accuracies that the statistics layer compares: those of a store's seeds, looked at twice."""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping

from harness.guard import runs, statistics
from harness.guard.baseline import Baseline, MethodBaseline
from harness.guard.finding import Finding, State
from harness.guard.runs import SeededRecords
from harness.guard.statistics import Rule
from harness.record import Record

SecondLook = Callable[[Mapping[str, Record]], Mapping[str, SeededRecords]]
"""Given a fresh record of each method that moved, the records of the second look's seeds."""


def judge(
    baseline: Baseline,
    methods: Mapping[str, MethodBaseline],
    fresh: Mapping[str, SeededRecords],
    second_look: SecondLook,
) -> Iterator[Finding]:
    """Compare the first look's seeds with the recorded ones, and those that moved once more.

    Args:
        baseline: the seeds of both looks, the level and delta.
        methods: those that are judged; the level is shared by all of the baseline.
        fresh: records by method and seed, those of the first look among them.
        second_look: runs the second look's seeds where they are not there.
    """
    rule = Rule(baseline.level, len(baseline.methods), baseline.delta)
    started = time.perf_counter()
    first = {
        name: _first(baseline, recorded, fresh[name], rule) for name, recorded in methods.items()
    }
    moved = [name for name, found in first.items() if _has_moved(found)]
    second: Mapping[str, SeededRecords] = {}
    if moved:
        second = second_look({name: fresh[name][baseline.first_look[0]] for name in moved})
    seconds = (time.perf_counter() - started) / len(methods)
    for name, found in first.items():
        state: State
        if isinstance(found, str):
            state, reason = "moved", found
        elif name in moved:
            state, reason = _second(baseline, second[name], found, rule)
        else:
            state, reason = "kept", str(found)
        yield Finding("statistics", name, state, reason, seconds)


def _first(
    baseline: Baseline, recorded: MethodBaseline, fresh: SeededRecords, rule: Rule
) -> statistics.Look | str:
    """The first look, or why there is nothing to look at."""
    records = [fresh[seed] for seed in baseline.first_look]
    return _unusable(baseline, records) or _look(recorded, records, rule)


def _second(
    baseline: Baseline, fresh: SeededRecords, first: statistics.Look, rule: Rule
) -> tuple[State, str]:
    """The second look decides; both are told."""
    later = [fresh[seed] for seed in baseline.second_look]
    unusable = _unusable(baseline, later)
    if unusable:
        return "moved", f"first look: {first}; second look: {unusable}"
    second = statistics.confirm(first, [_accuracy(each) for each in later], rule)
    told = f"First look: {first}; second look: {second}."
    if second.verdict == first.verdict == "dropped":
        return "moved", f"accuracy dropped. {told}"
    if second.verdict == first.verdict == "improved":
        return "unexplained", f"accuracy rose. {told} {_LEAK}"
    if not statistics.can_confirm(first.recorded, len(first.fresh) + len(later), rule):
        return "not judged", f"too few equal searches were recorded to tell a change. {told}"
    return "kept", f"what the first look saw is gone at the second. {told}"


_LEAK = (
    "Nobody claimed this improvement: it is a leak until it is explained. If it is meant, say why "
    "with --update --reason."
)


def _look(recorded: MethodBaseline, records: Iterable[Record], rule: Rule) -> statistics.Look:
    before = [each.test_accuracy for each in recorded.searches]
    return statistics.look(before, [_accuracy(each) for each in records], rule)


def _accuracy(record: Record) -> float:
    return runs.evaluation(record).test_accuracy


def _unusable(baseline: Baseline, records: Iterable[Record]) -> str | None:
    for record in records:
        if record.state != "done":
            return f"seed {record.trial.seed} {record.state}: {record.reason}"
        if record.trial.truth_sha256 != baseline.truth_sha256:
            return (
                f"the accuracies are of another table {record.trial.truth} than the recorded "
                "ones, so they cannot be compared. Use the recorded table, or move the baseline."
            )
    return None


def _has_moved(found: statistics.Look | str) -> bool:
    return isinstance(found, statistics.Look) and found.verdict != "kept"
