"""Every method against random architectures, and against a named control.

Paired differences take pairs of runs with equal seeds; all else takes single runs.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from benchmarks.metric import Metric
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
    control, metric = group.control, group.metric
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
        Column(*_detectable(metric)),
    )
    notes = (
        f"Improvement: {_improvement_formula(metric, 'A', 'A_random')} of the mean test "
        f"{metric.plural} (Yang et al., ICLR 2020); {_IMPROVEMENT_INTERVAL} Mean percentile: "
        "share of the table's architectures that are worse, ties half; it is also the "
        "probability of beating one random draw.",
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


def _detectable(metric: Metric) -> tuple[str, tuple[str, ...]]:
    """Return heading and field of the difference that the pairs detect, in its unit."""
    unit = metric.difference_unit
    if not unit:
        return "Detectable", ("minimum_detectable",)
    return f"Detectable, {unit}", (f"minimum_detectable_{unit.replace(' ', '_')}",)


def _improvement_formula(metric: Metric, ours: str, theirs: str) -> str:
    better, worse = (ours, theirs) if metric.higher_is_better else (theirs, ours)
    return f"100 ({better} {MINUS} {worse}) / {theirs}"


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
    metric = group.metric
    a_is_better = "A > B" if metric.higher_is_better else "A < B"
    columns = [
        Column("Method", ("method",), "left"),
        Column("Difference [95 %]", ("difference", "difference_low", "difference_high")),
        Column("Improvement, % [95 %]", ("improvement_pct", "improvement_low", "improvement_high")),
        Column(f"P({a_is_better})", ("probability_better",)),
        Column("Cost ratio", ("cost_ratio",)),
        Column("n", ("n",)),
        Column("Pairs", ("pairs",)),
        Column("Smallest p", ("smallest_p",)),
        Column("p", ("p",)),
        Column("p, Holm", ("p_holm",)),
    ]
    notes = [
        f"Difference: test {metric.name} of the method (A) minus that of {control} (B)"
        f"{f' in {metric.difference_unit}' if metric.difference_unit else ''}, mean "
        "over pairs with equal seeds; t interval of the differences below 10 pairs, BCa bootstrap "
        f"from 10 on. {'' if metric.higher_is_better else 'Below zero the method is better. '}"
        f"Improvement: {_improvement_formula(metric, 'A', 'B')} of the mean {metric.plural}; "
        f"{_IMPROVEMENT_INTERVAL}",
        f"P({a_is_better}): how often a run of the method is better than one of the control, over "
        "all combinations of their runs, ties one half. Cost ratio: median real search seconds, "
        f"method over control; a search that only looks up {metric.plural} in a table costs next "
        "to nothing.",
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


_MakeRows = Callable[[Metric, Mapping[str, pd.DataFrame], pd.DataFrame], Rows]


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
        mean = mean_with_interval(values_of(theirs, "test_value"))
        estimate = estimate_cell(mean, group.metric.decimals)
        heading = f"{panel}: {control} {estimate.text}, n = {len(theirs)}"
        values = (*group.identity, str(theirs["dataset"].iat[0]), control, len(theirs))
        blocks.append(Block(heading, values, make_rows(group.metric, compared, theirs)))
    return tuple(blocks) if any(block.rows for block in blocks) else ()


def _against_random_rows(
    metric: Metric, compared: Mapping[str, pd.DataFrame], drawn: pd.DataFrame
) -> Rows:
    return tuple(_against_random_row(metric, row, found, drawn) for row, found in compared.items())


def _against_random_row(
    metric: Metric, row: str, found: pd.DataFrame, drawn: pd.DataFrame
) -> tuple[Cell, ...]:
    shares = values_of(found, "share_as_good")
    equivalent = random_search_equivalent(float(np.median(shares))) if len(shares) else math.nan
    differences = _paired_differences(found, drawn)
    n = len(differences)
    detectable = math.nan
    if n > 1:
        detectable = minimum_detectable_effect(n) * float(differences.std(ddof=1))
    return (
        text_cell(row),
        _improvement_cell(metric, found, drawn),
        estimate_cell(_within_percent(mean_with_interval(values_of(found, "percentile")))),
        number_cell(equivalent, 0 if equivalent >= 10 else 1),
        count_cell(len(found)),
        count_cell(n),
        _p_cell(smallest_paired_p(n) if n else math.nan),
        number_cell(detectable, metric.decimals),
    )


def _against_control_rows(
    metric: Metric, compared: Mapping[str, pd.DataFrame], theirs: pd.DataFrame
) -> Rows:
    differences = {row: _paired_differences(found, theirs) for row, found in compared.items()}
    raw = {row: sign_flip_p(d) for row, d in differences.items() if len(d) >= TEST_FROM}
    corrected = dict(zip(raw, holm(list(raw.values())), strict=True))
    return tuple(
        (
            *_against_control_cells(metric, row, found, theirs, differences[row]),
            _p_cell(raw.get(row, math.nan)),
            _p_cell(float(corrected.get(row, math.nan))),
        )
        for row, found in compared.items()
    )


def _against_control_cells(
    metric: Metric, row: str, found: pd.DataFrame, theirs: pd.DataFrame, differences: Floats
) -> tuple[Cell, ...]:
    n = len(differences)
    better = probability_of_superiority(
        metric.sign * values_of(found, "test_value"), metric.sign * values_of(theirs, "test_value")
    )
    return (
        text_cell(row),
        estimate_cell(mean_with_interval(differences), metric.decimals, sign=True),
        _improvement_cell(metric, found, theirs),
        number_cell(better),
        _cost_ratio_cell(found, theirs),
        count_cell(len(found)),
        count_cell(n),
        _p_cell(smallest_sign_flip_p(n) if n else math.nan),
    )


def _paired_differences(found: pd.DataFrame, theirs: pd.DataFrame) -> Floats:
    """Return test values minus those of the control with the same seed, in order of seed."""
    pairs = found.merge(theirs, on="seed", suffixes=("", "_control")).sort_values("seed")
    return (pairs["test_value"] - pairs["test_value_control"]).to_numpy(dtype=np.float64)


def _improvement_cell(metric: Metric, found: pd.DataFrame, theirs: pd.DataFrame) -> Cell:
    improvement = relative_improvement(
        values_of(found, "test_value"), values_of(theirs, "test_value"), sign=metric.sign
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
