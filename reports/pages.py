"""What a report says, in order: first page, one section per group of trials, settings."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar, cast

import pandas as pd

from benchmarks.errors import unknown
from reports.against import against_control_table, against_random_table
from reports.comparison import published_for, reproduction_summary, reproduction_table
from reports.figures import (
    Picture,
    anytime_figure,
    cells_figure,
    health_figures,
    seeds_figure,
    trajectory_figure,
)
from reports.manifest import Manifest, ProtocolSettings
from reports.recorded import Recorded, joined
from reports.summary import cost_table, main_table, recorded_table, runs_table
from reports.tables import ABSENT, Block, Cell, Column, Table, text_cell
from reports.trials import RANDOM, Group, collect, select

MACHINERY_CHECK = "machinery check"

_SHORT_HASH = 12
_CODE_WIDTH = 88
_NOTHING_PUBLISHED = (
    "No published number answers to these results: they are compared only under the publication's "
    "own protocol, without overrides."
)
_IS_CHECK = (
    "Protocol {} is a machinery check: it is scaled down and shows that every step runs. Its "
    "accuracies say nothing about the methods, so they stand beside no published ones."
)


@dataclass(frozen=True)
class Code:
    """Command lines that can be copied; long ones are continued in the shell's way."""

    text: str

    @classmethod
    def of(cls, commands: str) -> Code:
        """Wrap each of the commands, one a line."""
        return cls("\n".join(map(_continued, commands.splitlines())))


def _continued(command: str) -> str:
    lines = textwrap.wrap(
        command, _CODE_WIDTH, subsequent_indent="    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return " \\\n".join(lines)


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


Part = str | Code | Bullets | Table | Picture
T = TypeVar("T")


@dataclass(frozen=True)
class Section:
    """A heading and what stands below it."""

    title: str
    parts: tuple[Part, ...]
    new_page: bool = False


@dataclass(frozen=True)
class Report:
    """A document, before it takes any form."""

    title: str
    subtitle: str
    header: str
    """Stands at the top of every page; '' for none."""
    manifest: Manifest
    sections: tuple[Section, ...]

    def of_type(self, kind: type[T]) -> Iterator[T]:
        """Yield the tables or pictures, in order."""
        for section in self.sections:
            yield from (part for part in section.parts if isinstance(part, kind))


def compose(
    results: pd.DataFrame,
    history: pd.DataFrame,
    manifest: Manifest,
    recorded: Sequence[Recorded] = (),
    control: str | None = None,
) -> Report:
    """Make the report of these trials, with recorded ones beside them.

    Where a control is named, every method is compared with it besides random architectures.

    Raises:
        UserError: no trial is of the control, or a record holds a machinery check.
    """
    groups = collect(*joined(results, history, recorded, manifest.machinery_checks))
    if control is not None and not any(control in group.names for group in groups):
        raise unknown("control", control, {name for group in groups for name in group.names})
    checked = [group.protocol in manifest.machinery_checks for group in groups]
    is_check = bool(groups) and all(checked)
    sections = [_first_page(groups, manifest, recorded)]
    sections += [_group_section(group, manifest, control) for group in groups]
    sections.append(_settings_section(manifest))
    time = manifest.generated_at
    newest = f"{time:%Y-%m-%d %H:%M} UTC" if time else "none yet"
    return Report(
        title=f"Architecture search: {MACHINERY_CHECK if is_check else 'results and reproduction'}",
        subtitle=f"Newest record: {newest}",
        header=MACHINERY_CHECK if is_check else "",
        manifest=manifest,
        sections=tuple(sections),
    )


def _first_page(
    groups: Sequence[Group], manifest: Manifest, recorded: Sequence[Recorded]
) -> Section:
    compared = [group for group in groups if group.protocol not in manifest.machinery_checks]
    parts: list[Part] = []
    if len(compared) < len(groups):
        parts.append(_IS_CHECK.format(", ".join(sorted(manifest.machinery_checks))))
    runs, records = runs_table(groups), recorded_table(groups, recorded)
    parts.append(runs if runs.blocks[0].rows else "No trial is on record yet.")
    if records:
        parts.append(records)
    failures = _failures(groups)
    if failures:
        parts.append(Bullets(failures))
    if compared:
        table = reproduction_table(compared)
        parts += [reproduction_summary(table), table] if table else [_NOTHING_PUBLISHED]
    if manifest.footnotes:
        parts += ["Known deviations from the publications:", Bullets(manifest.footnotes)]
    parts += [Code.of(manifest.command), _making_table(manifest)]
    return Section("", tuple(parts))


def _failures(groups: Sequence[Group]) -> tuple[str, ...]:
    sentences = []
    for group in groups:
        unfinished = select(group.trials, group.trials["state"].ne("done"))
        unfinished = unfinished.assign(reason=unfinished["reason"].fillna("no reason recorded"))
        for names, part in unfinished.groupby(["row", "state", "reason"]):
            row, state, reason = cast(tuple[str, str, str], names)
            count = f"{len(part)} {'run' if len(part) == 1 else 'runs'}"
            sentences.append(f"{row}, protocol {group.protocol}: {count} {state} ({reason}).")
    return tuple(sentences)


def _group_section(group: Group, manifest: Manifest, control: str | None) -> Section:
    is_check = group.protocol in manifest.machinery_checks
    published = {} if is_check else published_for(group)
    parts: list[Part | None] = [_IS_CHECK.format(group.protocol) if is_check else None]
    parts.append(main_table(group))
    if not is_check:
        parts.append(against_random_table(group) or _no_random(group))
    if control is not None:
        parts.append(_against_control(group, control, is_check=is_check))
    parts += [cost_table(group), seeds_figure(group, published)]
    parts += [trajectory_figure(group), *health_figures(group), cells_figure(group)]
    parts.append(anytime_figure(group))
    title = f"{group.title} ({MACHINERY_CHECK})" if is_check else group.title
    return Section(title, tuple(part for part in parts if part is not None), new_page=True)


def _against_control(group: Group, control: str, *, is_check: bool) -> Part:
    if is_check:
        return f"No comparison with {control}: a machinery check compares nothing."
    return against_control_table(group, control) or (
        f"No comparison with {control}: it needs finished runs of {control} and of another method."
    )


def _no_random(group: Group) -> str | None:
    if RANDOM in set(group.results["method"]):
        return None  # it was run, and there is nothing to compare it with yet
    return (
        "No comparison with random architectures: their control is not among these results; "
        "add it with --methods all,random."
    )


def _making_table(manifest: Manifest) -> Table:
    versions = ", ".join(f"{name} {version}" for name, version in sorted(manifest.versions.items()))
    facts = [
        ("Commit", manifest.commit or "not in a repository"),
        ("Versions", versions or ABSENT),
        ("Device", manifest.device or ABSENT),
    ]
    for truth in manifest.truths:
        fingerprint = f"SHA-256 {_shortened(truth.sha256)}" if truth.sha256 else "no SHA-256"
        facts.append(("Ground truth", f"{truth.name} {truth.version}, {fingerprint}"))
    return _facts("manifest", "How these results came about; the command is above.", facts)


def _settings_section(manifest: Manifest) -> Section:
    parts: list[Part] = []
    for number, truth in enumerate(manifest.truths, start=1):
        facts = [
            ("Description", truth.description),
            ("Version", truth.version),
            ("SHA-256", truth.sha256),
            ("Queries", truth.queries),
        ]
        parts.append(_facts(f"truth-{number}", f"Ground truth {truth.name}.", facts))
    by_name: dict[str, list[ProtocolSettings]] = {}
    for protocol in manifest.protocols:
        if protocol.settings:
            by_name.setdefault(protocol.name, []).append(protocol)
        else:
            parts.append(f"{protocol.method} has no settings under protocol {protocol.name}.")
    for number, (name, members) in enumerate(by_name.items(), start=1):
        parts.append(_protocol_table(number, name, members))
    return Section("Settings and provenance", tuple(parts))


def _protocol_table(number: int, name: str, members: Sequence[ProtocolSettings]) -> Table:
    """Each value once, with the methods that have it: a host shares most of its values."""
    columns = (
        Column("Setting", ("setting",), "left"),
        Column("Value", ("value",), "left"),
        Column("Methods", ("methods",), "left"),
        Column("Provenance", ("provenance",), "left"),
    )
    having: dict[str, dict[tuple[str, str], list[str]]] = {}
    for member in members:
        for setting, value, provenance in member.settings:
            methods = having.setdefault(setting, {}).setdefault((value, provenance), [])
            methods.append(member.method)
    everyone = list(dict.fromkeys(member.method for member in members))
    rows = tuple(
        tuple(map(text_cell, (setting, value, _in_words(methods, everyone), provenance)))
        for setting, values in having.items()
        for (value, provenance), methods in values.items()
    )
    caption = f"Settings under protocol {name} of {', '.join(everyone)}."
    chosen = [
        setting
        for setting, values in having.items()
        for _, provenance in values
        if _is_chosen(provenance)
    ]
    notes = ()
    if chosen:
        share = f"{len(chosen)} of {len(rows)} values are"
        told = ", ".join(dict.fromkeys(chosen))
        notes = (f"{share} chosen by this harness: {told}.",)
    return Table(f"settings-{number}", caption, columns, (Block("", (), rows),), notes=notes)


def _in_words(methods: Sequence[str], everyone: Sequence[str]) -> str:
    methods = list(dict.fromkeys(methods))
    return "all" if len(methods) == len(everyone) > 1 else ", ".join(methods)


def _is_chosen(provenance: str) -> bool:
    return provenance.startswith("chosen")


def _facts(name: str, caption: str, facts: Sequence[tuple[str, str]]) -> Table:
    columns = (Column("What", ("what",), "left"), Column("Value", ("value",), "left"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (text_cell(what), text_cell(value)) for what, value in facts
    )
    return Table(name, caption, columns, (Block("", (), rows),))


def _shortened(text: str) -> str:
    return text if len(text) <= _SHORT_HASH else f"{text[:_SHORT_HASH]}…"
