"""The third layer: the test values of fresh seeds against those of the recorded ones, in two looks.

The seeds of both looks are fixed when the baseline is recorded. A method whose first look sees a
change gets a second. `means` has the rule, and `equal_searches` that for recorded searches without
a spread.
"""

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from harness.guard.baselines.baseline import Baseline, MethodBaseline
from harness.guard.baselines.results import SeededSearches, evaluation, table_fields
from harness.guard.finding import Finding, State
from harness.guard.rules.equal_searches import can_detect, compare_both_looks, compare_first_look
from harness.guard.rules.means import compare_means
from harness.guard.rules.rule import Rule, Verdict
from harness.storage.evaluated import EvaluatedSearch
from reports.statistics import is_constant

SecondLook = Callable[[Mapping[str, EvaluatedSearch]], Mapping[str, SeededSearches]]
"""Returns the searches of the second look's seeds, given a fresh search of each method to run."""

_UNEXPLAINED = (
    "An unexplained improvement may be a leak: find its cause, or, if it is intended, update the "
    "baseline with --update --reason."
)


def judge_statistics(
    baseline: Baseline,
    methods: Mapping[str, MethodBaseline],
    fresh: Mapping[str, SeededSearches],
    second_look: SecondLook,
) -> Iterator[Finding]:
    """Compare the first look's seeds with the recorded ones, and then the second's where needed.

    Args:
        baseline: the seeds of both looks, the level and delta.
        methods: methods to judge; the level is shared by all methods of the baseline.
        fresh: searches by method and seed, those of the first look among them.
        second_look: provides the searches of the second look.
    """
    started = time.perf_counter()
    rule = Rule(baseline.level, len(baseline.methods), baseline.delta, baseline.metric)
    verdicts: dict[str, tuple[State, str]] = {}
    looks: dict[str, _Looks] = {}
    for name, recorded in methods.items():
        searches = [fresh[name][seed] for seed in baseline.first_look]
        unusable = _unusable(baseline, searches)
        if unusable:
            verdicts[name] = "moved", unusable
            continue
        look = _Looks(recorded, searches, rule)
        if look.first.verdict == "kept":
            verdicts[name] = "kept", str(look.first)
        else:
            looks[name] = look
    second = second_look({name: fresh[name][baseline.first_look[0]] for name in looks})
    for name, look in looks.items():
        searches = [second[name][seed] for seed in baseline.second_look]
        unusable = _unusable(baseline, searches)
        if unusable:
            verdicts[name] = "moved", f"first look: {look.first}; second look: {unusable}"
        else:
            verdicts[name] = look.decide(searches)
    seconds = (time.perf_counter() - started) / len(methods)
    for name in methods:
        yield Finding("statistics", name, *verdicts[name], seconds)


class _Looks:
    """The two looks at one method."""

    def __init__(self, recorded: MethodBaseline, searches: Sequence[EvaluatedSearch], rule: Rule):
        self._recorded = [each.test_value for each in recorded.searches]
        self._fresh = [evaluation(each).test_value for each in searches]
        self._rule = rule
        self._is_constant = is_constant(self._recorded)
        compare = compare_first_look if self._is_constant else compare_means
        self.first = compare(self._recorded, self._fresh, rule)

    def decide(self, searches: Sequence[EvaluatedSearch]) -> tuple[State, str]:
        """Decide by the second look; the reason quotes both."""
        later = [evaluation(each).test_value for each in searches]
        if self._is_constant:
            return self._decide_by_all([*self._fresh, *later])
        second = compare_means(self._recorded, later, self._rule)
        looks = f"First look: {self.first}; second look: {second}."
        if second.verdict != self.first.verdict:
            return "kept", f"the second look does not confirm the first. {looks}"
        return self._moved(second.verdict, looks)

    def _decide_by_all(self, fresh: Sequence[float]) -> tuple[State, str]:
        both = compare_both_looks(self._recorded, fresh, self._rule)
        looks = f"Both looks: {both}."
        if both.verdict != "kept":
            return self._moved(both.verdict, looks)
        if can_detect(len(self._recorded), len(fresh), self._rule):
            return "kept", f"the difference may be chance. {looks}"
        return "not judged", f"too few equal searches were recorded to detect a change. {looks}"

    def _moved(self, verdict: Verdict, looks: str) -> tuple[State, str]:
        metric = self._rule.metric
        if verdict == "worse":
            return "moved", f"{metric.name} {metric.worsened}. {looks}"
        return "unexplained", f"{metric.name} {metric.improved}. {looks} {_UNEXPLAINED}"


def _unusable(baseline: Baseline, searches: Iterable[EvaluatedSearch]) -> str | None:
    """Describe why values cannot be compared; None if they can."""
    for search in searches:
        record = search.record
        if record.state != "done":
            return f"seed {record.trial.seed} {record.state}: {record.reason}"
        evaluation(search)  # raises a UserError without ground truth
        table = table_fields(search)
        if table["table_sha256"] != baseline.table_sha256:
            happened = f"the table {baseline.table} changed since the baseline was recorded"
            if table["table"] != baseline.table:
                happened = f"the {search.metric.plural} are those of the table {table['table']}"
            return (
                f"{happened}, so they cannot be compared with those of the baseline. Use the "
                "recorded table, or update the baseline."
            )
    return None
