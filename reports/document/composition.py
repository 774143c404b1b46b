"""The content of a report: first page, one section per group of trials, settings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

import pandas as pd

from benchmarks.errors import unknown
from reports.document.elements import Bullets, Code, Document, Element, Section
from reports.figures import (
    anytime_figure,
    cells_figure,
    health_figures,
    seeds_figure,
    trajectory_figure,
)
from reports.frames import select
from reports.groups import RANDOM, Group, group_trials
from reports.manifest import Manifest
from reports.reference.merging import merge_reference
from reports.reference.results import ReferenceResults
from reports.tables.controls import against_control_table, against_random_table
from reports.tables.costs import cost_table
from reports.tables.provenance import ground_truth_descriptions, manifest_table, settings_tables
from reports.tables.published import published_for, reproduction_summary, reproduction_table
from reports.tables.results import main_table
from reports.tables.runs import reference_table, runs_table
from reports.wording import plurals_in_words

MACHINERY_CHECK = "machinery check"

_NOTHING_PUBLISHED = (
    "No published number applies to these results: they are compared only under the publication's "
    "own protocol, without overrides."
)
_IS_CHECK = (
    "Protocol {} is a machinery check: it is scaled down and shows that every step runs. Its "
    "{} say nothing about the methods, so no published ones are shown beside them."
)


def compose_document(
    results: pd.DataFrame,
    history: pd.DataFrame,
    manifest: Manifest,
    reference: Sequence[ReferenceResults] = (),
    control: str | None = None,
) -> Document:
    """Compose the report on these trials, with reference results beside them.

    With a control, every method is compared with it as well as with random architectures.

    Raises:
        UserError: no trial belongs to the control, or reference results hold a machinery check.
    """
    merged = merge_reference(results, history, reference, manifest.machinery_checks)
    groups = group_trials(*merged)
    if control is not None and not any(control in group.names for group in groups):
        raise unknown("control", control, {name for group in groups for name in group.names})
    checks = [group.protocol in manifest.machinery_checks for group in groups]
    is_check = bool(groups) and all(checks)
    sections = [_first_page(groups, manifest, reference)]
    sections += [_group_section(group, manifest, control) for group in groups]
    sections.append(_settings_section(manifest))
    date = manifest.generated_at
    newest = f"{date:%Y-%m-%d %H:%M} UTC" if date else "none yet"
    return Document(
        title=f"Architecture search: {MACHINERY_CHECK if is_check else 'results and reproduction'}",
        subtitle=f"Newest trial: {newest}",
        header=MACHINERY_CHECK if is_check else "",
        date=date,
        sections=tuple(sections),
    )


def _first_page(
    groups: Sequence[Group], manifest: Manifest, reference: Sequence[ReferenceResults]
) -> Section:
    compared = [group for group in groups if group.protocol not in manifest.machinery_checks]
    elements: list[Element] = []
    if len(compared) < len(groups):
        checks = manifest.machinery_checks
        checked = (group.metric for group in groups if group.protocol in checks)
        names = ", ".join(sorted(checks))
        elements.append(_IS_CHECK.format(names, plurals_in_words(checked)))
    runs = runs_table(groups)
    elements.append(runs if runs.blocks[0].rows else "No trials have been run yet.")
    if shown_reference := reference_table(groups, reference):
        elements.append(shown_reference)
    if failures := _failures(groups):
        elements.append(Bullets(failures))
    if compared:
        table = reproduction_table(compared)
        elements += [reproduction_summary(table), table] if table else [_NOTHING_PUBLISHED]
    if manifest.footnotes:
        elements += ["Known deviations from the publications:", Bullets(manifest.footnotes)]
    elements += [Code.from_commands(manifest.command), manifest_table(manifest)]
    return Section("", tuple(elements))


def _failures(groups: Sequence[Group]) -> tuple[str, ...]:
    sentences = []
    for group in groups:
        unfinished = select(group.trials, group.trials["state"].ne("done"))
        unfinished = unfinished.assign(reason=unfinished["reason"].fillna("no reason given"))
        for names, trials in unfinished.groupby(["row", "state", "reason"]):
            row, state, reason = cast(tuple[str, str, str], names)
            count = f"{len(trials)} {'run' if len(trials) == 1 else 'runs'}"
            sentences.append(f"{row}, protocol {group.protocol}: {count} {state} ({reason}).")
    return tuple(sentences)


def _group_section(group: Group, manifest: Manifest, control: str | None) -> Section:
    is_check = group.protocol in manifest.machinery_checks
    published = {} if is_check else published_for(group)
    elements: list[Element | None] = []
    if is_check:
        elements.append(_IS_CHECK.format(group.protocol, group.metric.plural))
    elements.append(main_table(group))
    if not is_check:
        elements.append(against_random_table(group) or _no_random(group))
    if control is not None:
        elements.append(_against_control(group, control, is_check=is_check))
    elements += [cost_table(group), seeds_figure(group, published)]
    elements += [trajectory_figure(group), *health_figures(group), cells_figure(group)]
    elements.append(anytime_figure(group))
    title = f"{group.title} ({MACHINERY_CHECK})" if is_check else group.title
    return Section(title, tuple(each for each in elements if each is not None), new_page=True)


def _against_control(group: Group, control: str, *, is_check: bool) -> Element:
    if is_check:
        return f"No comparison with {control}: a machinery check compares nothing."
    return against_control_table(group, control) or (
        f"No comparison with {control}: it needs finished runs of {control} and of another method."
    )


def _no_random(group: Group) -> str | None:
    if RANDOM in set(group.results["method"]):
        return None  # it was run, but nothing can be compared with it yet
    return (
        "No comparison with random architectures: the random control is not among these results. "
        "Add it with --methods all,random."
    )


def _settings_section(manifest: Manifest) -> Section:
    without_settings = tuple(
        f"{protocol.method} has no settings under protocol {protocol.name}."
        for protocol in manifest.protocols
        if not protocol.settings
    )
    elements: tuple[Element, ...] = (
        *ground_truth_descriptions(manifest), *without_settings, *settings_tables(manifest),
    )  # fmt: skip
    return Section("Settings and provenance", elements)
