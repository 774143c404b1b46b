"""The third layer: the accuracies of fresh seeds against those of the recorded ones, at two looks.

The seeds of both looks were named when the baseline was recorded. A method that the first look sees
move is looked at once more; `statistics` holds the rule, and `equal_searches` that for recorded
searches without a spread.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from harness.guard import equal_searches, runs, statistics
from harness.guard.baseline import Baseline, MethodBaseline
from harness.guard.finding import Finding, State
from harness.guard.runs import SeededRecords
from harness.guard.statistics import Rule
from harness.trials.record import Record
from reports.statistics import is_constant

SecondLook = Callable[[Mapping[str, Record]], Mapping[str, SeededRecords]]
"""Given a fresh record of each method that moved, the records of the second look's seeds."""

_LEAK = (
    "Nobody claimed this improvement: it is a leak until it is explained. If it is meant, say why "
    "with --update --reason."
)


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
    started = time.perf_counter()
    rule = Rule(baseline.level, len(baseline.methods), baseline.delta)
    findings: dict[str, tuple[State, str]] = {}
    looks: dict[str, _Looks] = {}
    for name, recorded in methods.items():
        records = [fresh[name][seed] for seed in baseline.first_look]
        unusable = _unusable(baseline, records)
        if unusable:
            findings[name] = "moved", unusable
            continue
        look = _Looks(recorded, records, rule)
        if look.first.verdict == "kept":
            findings[name] = "kept", str(look.first)
        else:
            looks[name] = look
    second = second_look({name: fresh[name][baseline.first_look[0]] for name in looks})
    for name, look in looks.items():
        records = [second[name][seed] for seed in baseline.second_look]
        unusable = _unusable(baseline, records)
        if unusable:
            findings[name] = "moved", f"first look: {look.first}; second look: {unusable}"
        else:
            findings[name] = look.decide(records)
    seconds = (time.perf_counter() - started) / len(methods)
    for name in methods:
        yield Finding("statistics", name, *findings[name], seconds)


class _Looks:
    """The two looks at one method."""

    def __init__(self, recorded: MethodBaseline, records: Sequence[Record], rule: Rule):
        self._recorded = [each.test_accuracy for each in recorded.searches]
        self._fresh = [_accuracy(each) for each in records]
        self._rule = rule
        self._is_constant = is_constant(self._recorded)
        look = equal_searches.first if self._is_constant else statistics.look
        self.first = look(self._recorded, self._fresh, rule)

    def decide(self, records: Sequence[Record]) -> tuple[State, str]:
        """The second look decides; both are told."""
        later = [_accuracy(each) for each in records]
        if self._is_constant:
            return self._decide_by_all([*self._fresh, *later])
        second = statistics.look(self._recorded, later, self._rule)
        told = f"First look: {self.first}; second look: {second}."
        if second.verdict != self.first.verdict:
            return "kept", f"what the first look saw is gone at the second. {told}"
        return _moved(second.verdict, told)

    def _decide_by_all(self, fresh: Sequence[float]) -> tuple[State, str]:
        found = equal_searches.both(self._recorded, fresh, self._rule)
        told = f"Both looks: {found}."
        if found.verdict != "kept":
            return _moved(found.verdict, told)
        if equal_searches.can_tell(len(self._recorded), len(fresh), self._rule):
            return "kept", f"what differs may be luck. {told}"
        return "not judged", f"too few equal searches were recorded to tell a change. {told}"


def _moved(verdict: statistics.Verdict, told: str) -> tuple[State, str]:
    if verdict == "dropped":
        return "moved", f"accuracy dropped. {told}"
    return "unexplained", f"accuracy rose. {told} {_LEAK}"


def _accuracy(record: Record) -> float:
    return runs.evaluation(record).test_accuracy


def _unusable(baseline: Baseline, records: Iterable[Record]) -> str | None:
    """Why accuracies cannot be compared; None where they can."""
    for record in records:
        if record.state != "done":
            return f"seed {record.trial.seed} {record.state}: {record.reason}"
        if record.trial.truth_sha256 != baseline.truth_sha256:
            return (
                f"the accuracies are of another table {record.trial.truth} than the recorded "
                "ones, so they cannot be compared. Use the recorded table, or move the baseline."
            )
    return None
