"""Tables that compare: with published numbers, and with random architectures."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np
import pandas as pd

from reports import literature
from reports.literature import Published
from reports.statistics import (
    Estimate,
    Sample,
    mean_with_interval,
    minimum_detectable_effect,
    random_search_equivalent,
    relative_improvement,
    sample_of,
    smallest_paired_p,
    verdict,
    welch_interval,
)
from reports.summary import INTERVAL_NOTE
from reports.tables import (
    ABSENT,
    MINUS,
    Block,
    Cell,
    Column,
    Table,
    count_cell,
    decimals_for,
    estimate_cell,
    fixed,
    number_cell,
    span,
    text_cell,
)
from reports.trials import (
    IDENTITY,
    RANDOM,
    Group,
    by_row,
    done,
    method_of,
    select,
    title_of,
    values_of,
)

DELTA = {"cifar10": 0.2, "cifar100": 0.5, "imagenet16-120": 0.5}
"""The largest difference from a published mean that does not matter, in points, per dataset."""

_DELTA_ELSEWHERE = 0.5
_DAGGER = "†"


def published_for(group: Group) -> dict[tuple[str, str], Published]:
    """Return the published numbers that a group answers to, by row and panel."""
    if group.overrides:
        return {}
    found = {}
    cells = group.results[["row", "panel", "method", "dataset"]].drop_duplicates()
    for row, panel, method, dataset in cells.itertuples(index=False):
        number = literature.find(method, group.protocol, group.space, group.search_dataset, dataset)
        if number is not None:
            found[row, panel] = number
    return found


def reproduction_table(groups: Sequence[Group]) -> Table | None:
    """Set our means beside the published ones; None when no result answers to one."""
    blocks = [block for group in groups for block in _reproduction_blocks(group)]
    if not blocks:
        return None
    deltas = ", ".join(f"{delta} on {title_of(dataset)}" for dataset, delta in DELTA.items())
    notes = [
        "Verdict, by a rule fixed before the run: reproduced if the 90 % interval of the "
        "difference lies within ± delta; differs if its 95 % interval excludes zero and the "
        f"difference is larger than delta; else undecided. Delta in points: {deltas}.",
        "Difference: ours minus published, with the 95 % Welch interval. " + INTERVAL_NOTE,
    ]
    if any("recalled" in block.values for block in blocks):
        notes.append(f"{_DAGGER} Recalled with high certainty; not read at its source.")
    columns = (
        Column("Dataset", ("dataset",), "left"),
        Column("Published, mean ± sd (n)", ("published", "published_sd", "published_n")),
        Column("Ours, mean [95 %]", ("ours", "ours_low", "ours_high")),
        Column("n", ("n",)),
        Column("Difference [95 %]", ("difference", "difference_low", "difference_high")),
        Column("Verdict", ("verdict",), "left"),
    )
    return Table(
        "reproduction",
        "Reproduction: published and our mean test accuracy in percent.",
        columns,
        tuple(blocks),
        ("method", "protocol", "space", "search_dataset", "source", "read_or_recalled",
         "published_table", "our_truth"),
        tuple(notes),
    )  # fmt: skip


def reproduction_summary(table: Table) -> str:
    """Say in one sentence how many published numbers were reproduced."""
    verdicts = Counter(row[-1].values[0] for block in table.blocks for row in block.rows)
    return (
        f"Of {verdicts.total()} published numbers, {verdicts['reproduced']} are reproduced, "
        f"{verdicts['differs']} differ and {verdicts['undecided']} are undecided."
    )


def against_random_table(group: Group) -> Table | None:
    """Compare every method with random architectures; None when the control was not run."""
    control = group.control
    if control is None or set(group.results["method"]) == {RANDOM}:
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
    blocks = []
    for panel in group.panels:
        parts = dict(by_row(done(group.on(panel))))
        if control not in parts:
            continue
        drawn = parts[control]
        estimate = estimate_cell(mean_with_interval(values_of(drawn, "test_accuracy")))
        rows = [
            _against_random_row(row, parts[row], drawn)
            for row in group.rows
            if row in parts and method_of(parts[row]) != RANDOM
        ]
        heading = f"{panel}: {control} {estimate.text}, n = {len(drawn)}"
        blocks.append(
            Block(heading, (*group.identity, str(drawn["dataset"].iat[0]), len(drawn)), tuple(rows))
        )
    if not any(block.rows for block in blocks):
        return None
    notes = (
        f"Improvement: 100 (A {MINUS} A_random) / A_random of the mean test accuracies (Yang et "
        "al., ICLR 2020); BCa bootstrap from 10 runs on both sides, delta method with Welch's t "
        "below. Mean percentile: share of the table's architectures that are worse, ties half; it "
        "is also the probability of beating one random draw.",
        "Random trainings to match: how many random full trainings contain, with probability one "
        f"half, an architecture as good as the median run's: ln 0.5 / ln(1 {MINUS} q), where q is "
        "the share of the table's architectures that are at least as good, itself included.",
        "Smallest p: the least two-sided p that the paired sign-flip test can reach with these "
        "pairs (equal seeds). Detectable: the mean paired difference found with 80 % power at "
        "level 0.05, given the observed spread of the differences.",
    )
    return Table(
        f"against-random-{group.name}",
        f"Against random architectures: {group.title}.",
        columns,
        tuple(blocks),
        (*IDENTITY, "dataset", "random_n"),
        notes,
    )


def _reproduction_blocks(group: Group) -> list[Block]:
    published = published_for(group)
    parts = dict(by_row(group.results))
    blocks = []
    for row in group.rows:
        numbers = {p: published[row, p] for p in group.panels if (row, p) in published}
        # One block per source: it names the paper and both versions of the table.
        for source in sorted({number.source for number in numbers.values()}):
            chosen = {panel: n for panel, n in numbers.items() if n.source == source}
            blocks.append(_reproduction_block(group, row, parts[row], chosen))
    return blocks


def _reproduction_block(
    group: Group, row: str, part: pd.DataFrame, numbers: Mapping[str, Published]
) -> Block:
    first = next(iter(numbers.values()))
    provenance = "recalled" if first.recalled else "read"
    heading = f"{row}: {group.title}. Published: {first.source} ({provenance})."
    if not first.same_table(group.truth):
        heading += f" Another table: published on {first.table}, ours on {group.truth_title}."
    values = (
        row, group.protocol, group.space, group.search_dataset, first.source, provenance,
        first.table, group.truth_title,
    )  # fmt: skip
    rows = []
    for panel, number in numbers.items():
        there = select(part, part["panel"].eq(panel))
        accuracies = values_of(done(there), "test_accuracy")
        rows.append(_reproduction_row(panel, str(there["dataset"].iat[0]), accuracies, number))
    return Block(heading, values, tuple(rows))


def _reproduction_row(
    panel: str, dataset: str, accuracies: np.ndarray, number: Published
) -> tuple[Cell, ...]:
    ours, theirs = sample_of(accuracies), _sample(number)
    decision = verdict(ours, theirs, DELTA.get(dataset, _DELTA_ELSEWHERE))
    words = f"{decision} (n={ours.n})" if decision == "undecided" else decision
    return (
        text_cell(panel, dataset),
        _published_cell(number),
        estimate_cell(mean_with_interval(accuracies)),
        count_cell(ours.n),
        _difference_cell(ours, theirs),
        text_cell(words, decision),
    )


def _sample(number: Published) -> Sample:
    sd = math.nan if number.sd is None else number.sd
    return Sample(number.accuracy, sd, number.runs or 0)


def _published_cell(number: Published) -> Cell:
    text = fixed(number.accuracy)
    text += "" if number.sd is None else f" ± {fixed(number.sd)}"
    text += "" if number.runs is None else f" ({number.runs})"
    text += _DAGGER if number.recalled else ""
    return Cell(text, (number.accuracy, number.sd, number.runs))


def _difference_cell(ours: Sample, theirs: Sample) -> Cell:
    if not ours.n:
        return Cell(ABSENT, (None, None, None))
    difference = ours.mean - theirs.mean
    interval = welch_interval(ours, theirs, 0.95)
    if interval is None:
        return Cell(fixed(difference, sign=True), (difference, None, None))
    low, high = interval
    decimals = decimals_for((high - low) / 2)
    text = f"{fixed(difference, decimals, sign=True)} {span(low, high, decimals, sign=True)}"
    if low == high:  # no spread on either side
        text = f"{fixed(difference, decimals, sign=True)} (all equal)"
    return Cell(text, (difference, low, high))


def _against_random_row(row: str, found: pd.DataFrame, drawn: pd.DataFrame) -> tuple[Cell, ...]:
    improvement = relative_improvement(
        values_of(found, "test_accuracy"), values_of(drawn, "test_accuracy")
    )
    percentiles = values_of(found, "percentile")
    shares = values_of(found, "share_as_good")
    equivalent = random_search_equivalent(float(np.median(shares))) if len(shares) else math.nan
    pairs = found.merge(drawn, on="seed", suffixes=("", "_random")).sort_values("seed")
    differences = (pairs["test_accuracy"] - pairs["test_accuracy_random"]).to_numpy()
    detectable = math.nan
    if len(pairs) > 1:
        detectable = minimum_detectable_effect(len(pairs)) * float(differences.std(ddof=1))
    p = smallest_paired_p(len(pairs)) if len(pairs) else math.nan
    return (
        text_cell(row),
        estimate_cell(improvement, sign=True),
        estimate_cell(_within_percent(mean_with_interval(percentiles))),
        number_cell(equivalent, 0 if equivalent >= 10 else 1),
        count_cell(len(found)),
        count_cell(len(pairs)),
        Cell(_p_text(p), (None if math.isnan(p) else p,)),
        number_cell(detectable),
    )


def _within_percent(estimate: Estimate) -> Estimate:
    # The t interval does not know that a share ends at 0 and 100 %.
    low, high = (float(np.clip(end, 0, 100)) for end in (estimate.low, estimate.high))
    return replace(estimate, low=low, high=high)


def _p_text(p: float) -> str:
    if p < 0.0001:
        return "< 0.0001"
    return ABSENT if math.isnan(p) else f"{p:.3g}"
