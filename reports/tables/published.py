"""Our results beside published ones, with verdicts."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from benchmarks.metric import Metric
from reports.frames import done, select, values_of
from reports.groups import Group, by_row
from reports.published.numbers import Published, find_published
from reports.statistics import (
    Sample,
    mean_with_interval,
    sample_of,
    verdict,
    welch_interval,
)
from reports.tables.cells import (
    ABSENT,
    count_cell,
    decimals_for,
    estimate_cell,
    fixed,
    span,
    text_cell,
)
from reports.tables.results import INTERVAL_NOTE
from reports.tables.table import Block, Cell, Column, Table
from reports.wording import dataset_title, metrics_in_words

DELTA = {"cifar10": 0.2, "cifar100": 0.5, "imagenet16-120": 0.5}
"""The largest negligible difference from a published mean, per dataset."""

_DELTA_ELSEWHERE = 0.5
_DAGGER = "†"
_CHOSEN = "protocol chosen"
# Tables whose networks were trained by other code than the benchmark's: no published number
# applies to them.
_OTHER_TRAININGS = ("analog-nasbench",)


def published_for(group: Group) -> dict[tuple[str, str], Published]:
    """Return the published numbers that apply to a group, by row and panel."""
    if group.overrides or group.table in _OTHER_TRAININGS:
        return {}
    found = {}
    cells = group.results[["row", "panel", "method", "dataset"]].drop_duplicates()
    for row, panel, method, dataset in cells.itertuples(index=False):
        number = find_published(method, group.protocol, group.space, group.search_dataset, dataset)
        if number is not None and number.metric == group.metric.name:
            found[row, panel] = number
    return found


def reproduction_table(groups: Sequence[Group]) -> Table | None:
    """Compare our means with published ones; None if no published number applies."""
    blocks = [block for group in groups for block in _reproduction_blocks(group)]
    if not blocks:
        return None
    compared = [group.metric for group in groups if published_for(group)]
    deltas = ", ".join(f"{delta} on {dataset_title(dataset)}" for dataset, delta in DELTA.items())
    units = sorted({metric.difference_unit for metric in compared} - {""})
    notes = [
        "Verdict, by a rule fixed before the run: reproduced if the 90 % interval of the "
        "difference lies within ± delta; differs if its 95 % interval excludes zero and the "
        f"difference is larger than delta; else undecided. Delta"
        f"{f' in {units[0]}' if len(units) == 1 else ''}: {deltas}.",
        "Difference: ours minus published, with the 95 % Welch interval. " + INTERVAL_NOTE,
    ]
    if any(row[-1].values == (_CHOSEN,) for block in blocks for row in block.rows):
        notes.append(
            "Protocol chosen: the code that made the published number is not known, so our "
            "settings are a choice of this harness. The difference shows neither a reproduction "
            "nor a failure of one, so there is no verdict."
        )
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
        f"Reproduction: published and our mean test {metrics_in_words(compared)}.",
        columns,
        tuple(blocks),
        ("method", "protocol", "space", "search_dataset", "source", "read_or_recalled",
         "published_table", "our_table"),
        tuple(notes),
    )  # fmt: skip


def reproduction_summary(table: Table) -> str:
    """Count verdicts, and published numbers without one, in words."""
    verdicts = Counter(row[-1].values[0] for block in table.blocks for row in block.rows)
    chosen = verdicts.pop(_CHOSEN, 0)
    sentences = []
    if verdicts:
        sentences.append(
            f"Of {verdicts.total()} published numbers, {verdicts['reproduced']} are reproduced, "
            f"{verdicts['differs']} differ and {verdicts['undecided']} are undecided."
        )
    if chosen:
        sentences.append(
            f"{chosen} {'more ' if verdicts else ''}published "
            f"{'number is' if chosen == 1 else 'numbers are'} compared without a verdict: "
            f"the code behind {'it' if chosen == 1 else 'them'} is not known, so our protocol is "
            "a choice."
        )
    return " ".join(sentences)


def _reproduction_blocks(group: Group) -> list[Block]:
    published = published_for(group)
    results = dict(by_row(group.results))
    blocks = []
    for row in group.rows:
        numbers = {p: published[row, p] for p in group.panels if (row, p) in published}
        # One block per source, whose heading names the paper and both tables.
        for source in sorted({number.source for number in numbers.values()}):
            chosen = {panel: n for panel, n in numbers.items() if n.source == source}
            blocks.append(_reproduction_block(group, row, results[row], chosen))
    return blocks


def _reproduction_block(
    group: Group, row: str, results: pd.DataFrame, numbers: Mapping[str, Published]
) -> Block:
    first = next(iter(numbers.values()))
    provenance = "recalled" if first.recalled else "read"
    heading = f"{row}: {group.title}. Published: {first.source} ({provenance})."
    if not first.is_on(group.table):
        heading += f" Another table: published on {first.table}, ours on {group.table_title}."
    values = (
        row, group.protocol, group.space, group.search_dataset, first.source, provenance,
        first.table, group.table_title,
    )  # fmt: skip
    rows = []
    for panel, number in numbers.items():
        on_panel = select(results, results["panel"].eq(panel))
        values_there = values_of(done(on_panel), "test_value")
        dataset = str(on_panel["dataset"].iat[0])
        rows.append(_reproduction_row(group.metric, panel, dataset, values_there, number))
    return Block(heading, values, tuple(rows))


def _reproduction_row(
    metric: Metric, panel: str, dataset: str, found: np.ndarray, number: Published
) -> tuple[Cell, ...]:
    ours, theirs = sample_of(found), _sample(number)
    decision = verdict(ours, theirs, DELTA.get(dataset, _DELTA_ELSEWHERE))
    words = f"{decision} (n={ours.n})" if decision == "undecided" else decision
    verdict_cell = text_cell(words, decision)
    return (
        text_cell(panel, dataset),
        _published_cell(metric, number),
        estimate_cell(mean_with_interval(found), metric.decimals),
        count_cell(ours.n),
        _difference_cell(metric, ours, theirs),
        text_cell(_CHOSEN) if number.protocol_chosen else verdict_cell,
    )


def _sample(number: Published) -> Sample:
    sd = math.nan if number.sd is None else number.sd
    return Sample(number.value, sd, number.runs or 0)


def _published_cell(metric: Metric, number: Published) -> Cell:
    text = fixed(number.value, metric.decimals)
    text += "" if number.sd is None else f" ± {fixed(number.sd, metric.decimals)}"
    text += "" if number.runs is None else f" ({number.runs})"
    text += _DAGGER if number.recalled else ""
    return Cell(text, (number.value, number.sd, number.runs))


def _difference_cell(metric: Metric, ours: Sample, theirs: Sample) -> Cell:
    if not ours.n:
        return Cell(ABSENT, (None, None, None))
    difference = ours.mean - theirs.mean
    interval = welch_interval(ours, theirs, 0.95)
    if interval is None:
        return Cell(fixed(difference, metric.decimals, sign=True), (difference, None, None))
    low, high = interval
    decimals = decimals_for((high - low) / 2, metric.decimals)
    text = f"{fixed(difference, decimals, sign=True)} {span(low, high, decimals, sign=True)}"
    if low == high:  # no spread on either side
        text = f"{fixed(difference, decimals, sign=True)} (all equal)"
    return Cell(text, (difference, low, high))
