"""Reference results beside fresh trials."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence

import pandas as pd

from reports.frames import REFERENCE, select
from reports.reference.results import ReferenceResults, refuse_machinery_checks


def merge_reference(
    results: pd.DataFrame,
    history: pd.DataFrame,
    reference: Sequence[ReferenceResults],
    machinery_checks: Collection[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Append reference results to fresh trials, marked in the column `REFERENCE`.

    A trial is taken once: the fresh one if there is one, otherwise that of the newest reference
    results that hold it.

    Raises:
        UserError: reference results hold a machinery check.
    """
    marks = reference_marks(reference)
    taken = set() if results.empty else set(results["key"])
    all_results, all_history = [results], [history]
    for each in sorted(reference, key=lambda each: each.name, reverse=True):
        refuse_machinery_checks(each.results, machinery_checks, each.name)
        rest = select(each.results, ~each.results["key"].isin(list(taken)))
        taken |= set(rest["key"])
        all_results.append(rest.assign(**{REFERENCE: marks[each.name]}))
        if not each.history.empty:
            all_history.append(select(each.history, each.history["key"].isin(list(rest["key"]))))
    return _concatenated(all_results), _concatenated(all_history)


def reference_marks(reference: Sequence[ReferenceResults]) -> dict[str, str]:
    """Return the mark of each by name: its date, or the name itself if two share a date."""
    dates = Counter(each.origin.date for each in reference)
    return {
        each.name: str(each.origin.date) if dates[each.origin.date] == 1 else each.name
        for each in reference
    }


def _concatenated(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    full = [frame for frame in frames if not frame.empty]
    return pd.concat(full, ignore_index=True) if full else frames[0]
