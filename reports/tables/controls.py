"""Every method against random architectures, and against a named control.

Paired differences take pairs of runs with equal seeds; all else takes single runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from reports.frames import IDENTITY, done, values_of
from reports.groups import RANDOM, Group, by_row
from reports.statistics import (
    TEST_FROM,
    Estimate,
    Floats,
    holm,
    mean_with_interval,
    minimum_detectable_effect,
    probability_of_superiority,
    random_search_equivalent,
    relative_improvement,
    sign_flip_p,
    smallest_paired_p,
    smallest_sign_flip_p,
)
from reports.tables.cells import ABSENT, MINUS, count_cell, estimate_cell, number_cell, text_cell
from reports.tables.table import Block, Cell, Column, Rows, Table

_BLOCK_FIELDS = (*IDENTITY, "dataset", "control", "control_n")
_IMPROVEMENT_INTERVAL = (
    "BCa bootstrap from 10 runs on both sides, delta method with Welch's t below."
)


def against_random_table(group: Group) -> Table | None:
    """Compare every method with random architectures; None if the control was not run."""
    control = group.control
    if control is None:
        return None
    drawn_rows = {row for row, method in group.methods.items() if method == RANDOM}
    blocks = _blocks(group, control, drawn_rows, _against_random_rows)
    if not blocks:
        return None
    columns = (
        Column("Method", ("method",), "left"),
        Column("Improvement, % [95 %]", ("improvement_pct", "low", "high")),
        Column("Mean percentile [95 %]", ("percentile", "percentile_low", "percentile_high")),
        Column("Random trainings to match", ("random_search_equivalent",)),
        Column("n", ("n",)),
        Column("Pairs", ("pairs",)),
        Column("Smallest p", ("smallest_paired_p",)),
        Column("Detectable, points", ("minimum_detectable_points",)),
    )
    notes = (
        f"Improvement: 100 (A {MINUS} A_random) / A_random of the mean test accuracies (Yang et "
        f"al., ICLR 2020); {_IMPROVEMENT_INTERVAL} Mean percentile: share of the table's "
        "architectures that are worse, ties half; it is also the probability of beating one "
        "random draw.",
        "Random trainings to match: how many random full trainings contain, with probability one "
        f"half, an architecture as good as that of the median run: ln 0.5 / ln(1 {MINUS} q), where "
        "q is the share of the table's architectures that are at least as good, itself included.",
        "Smallest p: the smallest two-sided p that the paired sign-flip test can reach with these "
        "pairs (equal seeds). Detectable: the mean paired difference found with 80 % power at "
        "level 0.05, given the observed spread of the differences.",
    )
    return Table(
        f"against-random-{group.name}",
        f"Against random architectures: {group.title}.",
        columns,
        blocks,
        _BLOCK_FIELDS,
        notes,
    )


def against_control_table(group: Group, name: str) -> Table | None:
    """Compare every other method with a named one; None if either has no finished run.

    Args:
        group: the trials to compare.
        name: a method, or a row if a method has several.
    """
    control = group.row_of(name)
    if control is None:
        return None
    blocks = _blocks(group, control, {control}, _against_control_rows)
    if not blocks:
        return None
    columns = [
        Column("Method", ("method",), "left"),
        Column("Difference [95 %]", ("difference", "difference_low", "difference_high")),
        Column("Improvement, % [95 %]", ("improvement_pct", "improvement_low", "improvement_high")),
        Column("P(A > B)", ("probability_better",)),
        Column("Cost ratio", ("cost_ratio",)),
        Column("n", ("n",)),
        Column("Pairs", ("pairs",)),
        Column("Smallest p", ("smallest_p",)),
        Column("p", ("p",)),
        Column("p, Holm", ("p_holm",)),
    ]
    notes = [
        f"Difference: test accuracy of the method (A) minus that of {control} (B) in points, mean "
        "over pairs with equal seeds; t interval of the differences below 10 pairs, BCa bootstrap "
        f"from 10 on. Improvement: 100 (A {MINUS} B) / B of the mean accuracies; "
        f"{_IMPROVEMENT_INTERVAL}",
        "P(A > B): how often a run of the method is better than one of the control, over all "
        "combinations of their runs, ties one half. Cost ratio: median real search seconds, method "
        "over control; a search that only looks up accuracies in a table costs next to nothing.",
        "Smallest p: the smallest two-sided p that the paired sign-flip test can reach with these "
        "pairs.",
    ]
    tested = [row[-1].values != (None,) for block in blocks for row in block.rows]
    if any(tested):
        notes[-1] += (
            " p: of that test on the mean difference, by all sign flips up to 16 pairs and by "
            "9,999 random ones beyond; Holm: corrected for the number of methods tested on a "
            "dataset."
        )
    else:  # the columns of p would be empty
        columns = columns[:-2]
        blocks = tuple(replace(b, rows=tuple(row[:-2] for row in b.rows)) for b in blocks)
    if not all(tested):
        notes.append(
            f"No p is given below {TEST_FROM} pairs: corrected for several methods it could hardly "
            "fall below 0.05 whatever the differences. Read the intervals instead."
        )
    return Table(
        f"against-control-{group.name}",
        f"Against {control}: {group.title}.",
        tuple(columns),
        blocks,
        _BLOCK_FIELDS,
        tuple(notes),
    )


_MakeRows = Callable[[Mapping[str, pd.DataFrame], pd.DataFrame], Rows]


def _blocks(
    group: Group, control: str, left_out: set[str], make_rows: _MakeRows
) -> tuple[Block, ...]:
    """Return a block for each panel on which the control finished; none without any rows."""
    blocks = []
    for panel in group.panels:
        trials = dict(by_row(done(group.on(panel))))
        if control not in trials:
            continue
        theirs = trials[control]
        compared = {row: trials[row] for row in group.rows if row in trials and row not in left_out}
        estimate = estimate_cell(mean_with_interval(values_of(theirs, "test_accuracy")))
        heading = f"{panel}: {control} {estimate.text}, n = {len(theirs)}"
        values = (*group.identity, str(theirs["dataset"].iat[0]), control, len(theirs))
        blocks.append(Block(heading, values, make_rows(compared, theirs)))
    return tuple(blocks) if any(block.rows for block in blocks) else ()


def _against_random_rows(compared: Mapping[str, pd.DataFrame], drawn: pd.DataFrame) -> Rows:
    return tuple(_against_random_row(row, found, drawn) for row, found in compared.items())


def _against_random_row(row: str, found: pd.DataFrame, drawn: pd.DataFrame) -> tuple[Cell, ...]:
    shares = values_of(found, "share_as_good")
    equivalent = random_search_equivalent(float(np.median(shares))) if len(shares) else math.nan
    differences = _paired_differences(found, drawn)
    n = len(differences)
    detectable = math.nan
    if n > 1:
        detectable = minimum_detectable_effect(n) * float(differences.std(ddof=1))
    return (
        text_cell(row),
        _improvement_cell(found, drawn),
        estimate_cell(_within_percent(mean_with_interval(values_of(found, "percentile")))),
        number_cell(equivalent, 0 if equivalent >= 10 else 1),
        count_cell(len(found)),
        count_cell(n),
        _p_cell(smallest_paired_p(n) if n else math.nan),
        number_cell(detectable),
    )


def _against_control_rows(compared: Mapping[str, pd.DataFrame], theirs: pd.DataFrame) -> Rows:
    differences = {row: _paired_differences(found, theirs) for row, found in compared.items()}
    raw = {row: sign_flip_p(d) for row, d in differences.items() if len(d) >= TEST_FROM}
    corrected = dict(zip(raw, holm(list(raw.values())), strict=True))
    return tuple(
        (
            *_against_control_cells(row, found, theirs, differences[row]),
            _p_cell(raw.get(row, math.nan)),
            _p_cell(float(corrected.get(row, math.nan))),
        )
        for row, found in compared.items()
    )


def _against_control_cells(
    row: str, found: pd.DataFrame, theirs: pd.DataFrame, differences: Floats
) -> tuple[Cell, ...]:
    n = len(differences)
    better = probability_of_superiority(
        values_of(found, "test_accuracy"), values_of(theirs, "test_accuracy")
    )
    return (
        text_cell(row),
        estimate_cell(mean_with_interval(differences), sign=True),
        _improvement_cell(found, theirs),
        number_cell(better),
        _cost_ratio_cell(found, theirs),
        count_cell(len(found)),
        count_cell(n),
        _p_cell(smallest_sign_flip_p(n) if n else math.nan),
    )


def _paired_differences(found: pd.DataFrame, theirs: pd.DataFrame) -> Floats:
    """Return test accuracies minus those of the control with the same seed, in order of seed."""
    pairs = found.merge(theirs, on="seed", suffixes=("", "_control")).sort_values("seed")
    return (pairs["test_accuracy"] - pairs["test_accuracy_control"]).to_numpy(dtype=np.float64)


def _improvement_cell(found: pd.DataFrame, theirs: pd.DataFrame) -> Cell:
    improvement = relative_improvement(
        values_of(found, "test_accuracy"), values_of(theirs, "test_accuracy")
    )
    return estimate_cell(improvement, sign=True)


def _cost_ratio_cell(found: pd.DataFrame, theirs: pd.DataFrame) -> Cell:
    ours, control = values_of(found, "search_seconds"), values_of(theirs, "search_seconds")
    ratio = math.nan
    if len(ours) and len(control) and np.median(control) > 0:
        ratio = float(np.median(ours) / np.median(control))
    return number_cell(ratio, 0 if ratio >= 100 else 2)


def _within_percent(estimate: Estimate) -> Estimate:
    # The t interval does not know that a share is bounded by 0 and 100 %.
    low, high = (float(np.clip(end, 0, 100)) for end in (estimate.low, estimate.high))
    return replace(estimate, low=low, high=high)


def _p_cell(p: float) -> Cell:
    if math.isnan(p):
        return Cell(ABSENT, (None,))
    return Cell("< 0.0001" if p < 0.0001 else f"{p:.3g}", (p,))
