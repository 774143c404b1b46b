"""The second layer: protocols, table lookups and derived architectures match the baseline.

Compared are the resolved settings of fresh results, the table's values of the recorded
architectures, and the architectures that short searches in float64 derive. Whole searches in
float32 are not portable between processors, so only short ones are compared, and only those on
which all tried environments agree.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks import tables
from benchmarks.errors import UserError
from benchmarks.spaces import tabulated_space
from benchmarks.tables.table import Table
from harness.guard.baselines.baseline import Baseline, MethodBaseline, ShortSearch
from harness.guard.finding import Finding
from harness.guard.probes.short_search import run_short_search, shorten
from harness.storage.evaluated import EvaluatedSearch
from methods import METHODS, version_of


def judge_structure(
    baseline: Baseline, methods: Mapping[str, MethodBaseline], fresh: Mapping[str, EvaluatedSearch]
) -> Iterator[Finding]:
    """Compare each method with its baseline; `fresh` has any fresh search of each.

    Raises:
        UserError: the table or images are missing.
    """
    table = tables.open_table(baseline.table, tables.find_table(baseline.table).path)
    lookups = f"the lookup of {baseline.metric.plural}"
    for name, recorded in methods.items():
        started = time.perf_counter()
        moved = [
            *_compare_settings(recorded, fresh[name]),
            *_attempt(lookups, _compare_lookups, baseline, recorded, table),
            *_compare_short_searches(recorded, fresh[name]),
        ]
        state, reason = "moved", "; ".join(moved) + "."
        if not moved:
            state, reason = "kept", _summarize(recorded)
        elif version_of(METHODS[name]) != recorded.version:
            reason += f" The baseline has version {recorded.version} of the method."
        yield Finding("structure", name, state, reason, time.perf_counter() - started)


def _compare_settings(recorded: MethodBaseline, fresh: EvaluatedSearch) -> Iterator[str]:
    before, now = dict(recorded.settings), dict(fresh.trial.settings)
    for name in dict.fromkeys([*before, *now]):
        then, value = before.get(name, "unset"), now.get(name, "unset")
        if then != value:
            yield f"the setting {name} is {value} instead of {then}"


def _compare_lookups(baseline: Baseline, recorded: MethodBaseline, table: Table) -> Iterator[str]:
    """Compare the values of every recorded architecture, to the last bit."""
    space = tabulated_space(baseline.space)
    if space.version != baseline.space_version:
        yield f"the space's version is {space.version} instead of {baseline.space_version}"
    if table.card.sha256 != baseline.table_sha256:
        yield f"the table {table.card.name} changed since the baseline was recorded"
    evaluation = table.evaluation(baseline.search_dataset)
    for each in recorded.searches:
        index = space.index(space.parse(each.architecture))
        for query, before in (
            (evaluation.valid, each.valid_value),
            (evaluation.test, each.test_value),
        ):
            if query is None:  # the table has no value on validation data
                continue
            found = float(table.values(query, index))
            if found != before:
                yield f"{query} of {each.architecture} is {found:.4f} instead of {before:.4f}"
                return  # further differences have the same cause


def _compare_short_searches(recorded: MethodBaseline, fresh: EvaluatedSearch) -> Iterator[str]:
    for each in _portable(recorded):
        name = f"the short search of seed {each.seed}"
        yield from _attempt(name, _compare_short_search, name, each, fresh)


def _compare_short_search(
    name: str, recorded: ShortSearch, fresh: EvaluatedSearch
) -> Iterator[str]:
    derivation = run_short_search(shorten(fresh.trial, recorded.seed))
    if derivation.architecture != recorded.architecture:
        found = derivation.architecture or f"nothing ({derivation.reason})"
        yield f"{name} derives {found} instead of {recorded.architecture}"


def _attempt(name: str, compare: Callable[..., Iterator[str]], *arguments: Any) -> Iterator[str]:
    """Compare, and count an exception as a difference, since a change may break anything.

    Raises:
        UserError: the comparison needs something that the user can provide.
    """
    try:
        yield from compare(*arguments)
    except UserError:
        raise
    except Exception as error:
        yield f"{name} raises {type(error).__name__}: {error}"


def _portable(recorded: MethodBaseline) -> list[ShortSearch]:
    return [each for each in recorded.short_searches if each.architecture is not None]


def _summarize(recorded: MethodBaseline) -> str:
    compared = len(_portable(recorded))
    skipped = len(recorded.short_searches) - compared
    match = f"settings, {len(recorded.searches)} lookups and {compared} short searches match"
    return match + (f"; {skipped} skipped, on which environments disagree" if skipped else "")
