"""Our results beside the published ones, with a verdict where one can be given."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from reports import literature
from reports.literature import Published
from reports.statistics import (
    Sample,
    mean_with_interval,
    sample_of,
    verdict,
    welch_interval,
)
from reports.summary import INTERVAL_NOTE
from reports.tables import (
    ABSENT,
    Block,
    Cell,
    Column,
    Table,
    count_cell,
    decimals_for,
    estimate_cell,
    fixed,
    span,
    text_cell,
)
from reports.trials import (
    Group,
    by_row,
    done,
    select,
    title_of,
    values_of,
)

DELTA = {"cifar10": 0.2, "cifar100": 0.5, "imagenet16-120": 0.5}
"""The largest difference from a published mean that does not matter, in points, per dataset."""

_DELTA_ELSEWHERE = 0.5
_DAGGER = "†"
_CHOSEN = "protocol chosen"
# Their networks were trained and tested by other code than the benchmark's, so that no published
# accuracy answers to them.
_OTHERS_TRAININGS = ("analog-nasbench",)


def published_for(group: Group) -> dict[tuple[str, str], Published]:
    """Return the published numbers that a group answers to, by row and panel."""
    if group.overrides or group.truth in _OTHERS_TRAININGS:
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
    if any(row[-1].values == (_CHOSEN,) for block in blocks for row in block.rows):
        notes.append(
            "Protocol chosen: the code that made the published number is not known, so our "
            "settings are a choice of this harness. The difference is shown; it proves neither a "
            "reproduction nor a failure of one, so there is no verdict."
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
        "Reproduction: published and our mean test accuracy in percent.",
        columns,
        tuple(blocks),
        ("method", "protocol", "space", "search_dataset", "source", "read_or_recalled",
         "published_table", "our_truth"),
        tuple(notes),
    )  # fmt: skip


def reproduction_summary(table: Table) -> str:
    """Say how many published numbers were reproduced, and how many can have no verdict."""
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
            f"{'number stands' if chosen == 1 else 'numbers stand'} beside ours without a verdict: "
            "the code behind is not known, so our protocol is chosen."
        )
    return " ".join(sentences)


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
    verdict_cell = text_cell(words, decision)
    return (
        text_cell(panel, dataset),
        _published_cell(number),
        estimate_cell(mean_with_interval(accuracies)),
        count_cell(ours.n),
        _difference_cell(ours, theirs),
        text_cell(_CHOSEN) if number.protocol_chosen else verdict_cell,
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
