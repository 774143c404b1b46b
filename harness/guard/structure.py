"""The second layer: what is derived and looked up is what it was.

Three things are compared: the resolved settings of the fresh results, the table's accuracies of
the recorded architectures, and what shortened searches in float64 derive. Whole searches in float32
are not portable between processors; only short ones on which all tried environments agree are
compared.
"""

import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from benchmarks import tables
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.tables.table import Table
from harness.guard import short_search
from harness.guard.baseline import Baseline, MethodBaseline, ShortSearch
from harness.guard.finding import Finding
from harness.trials.record import Record
from methods import METHODS, version_of


def judge(
    baseline: Baseline, methods: Mapping[str, MethodBaseline], fresh: Mapping[str, Record]
) -> Iterator[Finding]:
    """Compare each method with its baseline; `fresh` is any fresh record of each.

    Raises:
        UserError: the table or the images are not here.
    """
    table = _table(baseline)
    for name, recorded in methods.items():
        started = time.perf_counter()
        moved = [
            *_settings(recorded, fresh[name]),
            *_attempt("looking accuracies up", _lookups, baseline, recorded, table),
            *_short_searches(recorded, fresh[name]),
        ]
        state, reason = "moved", "; ".join(moved) + "."
        if not moved:
            state, reason = "kept", _kept(recorded)
        elif version_of(METHODS[name]) != recorded.version:
            reason += f" The method's version was {recorded.version}."
        yield Finding("structure", name, state, reason, time.perf_counter() - started)


def _settings(recorded: MethodBaseline, fresh: Record) -> Iterator[str]:
    before, now = dict(recorded.settings), dict(fresh.trial.settings)
    for name in dict.fromkeys([*before, *now]):
        then, value = before.get(name, "unset"), now.get(name, "unset")
        if then != value:
            yield f"the protocol has {name} = {value}, which was {then}"


def _lookups(baseline: Baseline, recorded: MethodBaseline, table: Table) -> Iterator[str]:
    """Every recorded architecture must have the accuracies that it had, to the last bit."""
    space = SPACES[baseline.space]
    if space.version != baseline.space_version:
        yield f"the space's version is {space.version}, and was {baseline.space_version}"
    if table.card.sha256 != baseline.truth_sha256:
        yield f"the table {table.card.name} holds other values than the recorded one"
    evaluation = table.evaluation(baseline.search_dataset)
    for each in recorded.searches:
        index = space.index(space.parse(each.architecture))
        for query, before in (
            (evaluation.valid, each.valid_accuracy),
            (evaluation.test, each.test_accuracy),
        ):
            if query is None:  # the table has no accuracy on validation data
                continue
            found = float(table.accuracy(query, index))
            if found != before:
                yield f"{query} of {each.architecture} is {found:.4f}, and was {before:.4f}"
                return  # the others would only repeat it


def _compared(recorded: MethodBaseline) -> list[ShortSearch]:
    """The shortened searches that are portable."""
    return [each for each in recorded.short_searches if each.architecture is not None]


def _short_searches(recorded: MethodBaseline, fresh: Record) -> Iterator[str]:
    for each in _compared(recorded):
        what = f"the short search of seed {each.seed}"
        yield from _attempt(what, _short_search, what, each, fresh)


def _short_search(what: str, recorded: ShortSearch, fresh: Record) -> Iterator[str]:
    derived = short_search.run(short_search.of(fresh.trial, recorded.seed))
    if derived.architecture != recorded.architecture:
        found = derived.architecture or f"nothing ({derived.reason})"
        yield f"{what} derives {found}, not {recorded.architecture}"


def _attempt(what: str, compare: Callable[..., Iterator[str]], *arguments: Any) -> Iterator[str]:
    """What a comparison finds, or how it ends: a change may break anything, and the rest goes on.

    Raises:
        UserError: the comparison says what the user can mend.
    """
    try:
        yield from compare(*arguments)
    except UserError:
        raise
    except Exception as error:
        yield f"{what} ends in {type(error).__name__}: {error}"


def _kept(recorded: MethodBaseline) -> str:
    compared = len(_compared(recorded))
    left_out = len(recorded.short_searches) - compared
    told = f"settings, {len(recorded.searches)} lookups and {compared} short searches are the same"
    return told + (f"; {left_out} that processors do not agree on are left out" if left_out else "")


def _table(baseline: Baseline) -> Table:
    return tables.open_table(baseline.truth, tables.truth(baseline.truth).path)
