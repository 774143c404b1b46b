"""How the results came about: code, machine, ground truth, settings."""

from __future__ import annotations

from collections.abc import Sequence

from reports.manifest import Manifest, ProtocolSettings
from reports.tables.cells import ABSENT, text_cell
from reports.tables.table import Block, Cell, Column, Table

_SHORT_HASH = 12


def manifest_table(manifest: Manifest) -> Table:
    """List the code, machine and ground truth of a report."""
    versions = ", ".join(f"{name} {version}" for name, version in sorted(manifest.versions.items()))
    facts = [
        ("Commit", manifest.commit or "not in a repository"),
        ("Versions", versions or ABSENT),
        ("Device", manifest.device or ABSENT),
    ]
    for source in manifest.ground_truth:
        fingerprint = f"SHA-256 {_shortened(source.sha256)}" if source.sha256 else "no SHA-256"
        facts.append(("Ground truth", f"{source.name} ({source.version}), {fingerprint}"))
    return _facts_table("manifest", "How these results came about; the command is above.", facts)


def ground_truth_descriptions(manifest: Manifest) -> tuple[Table, ...]:
    """Describe each table of ground truth in full."""
    return tuple(
        _facts_table(
            f"ground-truth-{number}",
            f"Ground truth {source.name}.",
            [
                ("Description", source.description),
                ("Version", source.version),
                ("SHA-256", source.sha256),
                ("Queries", source.queries),
            ],
        )
        for number, source in enumerate(manifest.ground_truth, start=1)
    )


def settings_tables(manifest: Manifest) -> tuple[Table, ...]:
    """List the settings of every protocol; methods without settings are left out."""
    members: dict[str, list[ProtocolSettings]] = {}
    for protocol in manifest.protocols:
        if protocol.settings:
            members.setdefault(protocol.name, []).append(protocol)
    return tuple(
        _settings_table(number, name, members[name]) for number, name in enumerate(members, start=1)
    )


def _settings_table(number: int, name: str, members: Sequence[ProtocolSettings]) -> Table:
    """List each value once, with the methods that share it."""
    columns = (
        Column("Setting", ("setting",), "left"),
        Column("Value", ("value",), "left"),
        Column("Methods", ("methods",), "left"),
        Column("Provenance", ("provenance",), "left"),
    )
    methods: dict[str, dict[tuple[str, str], list[str]]] = {}
    for member in members:
        for setting, value, provenance in member.settings:
            sharing = methods.setdefault(setting, {}).setdefault((value, provenance), [])
            sharing.append(member.method)
    everyone = list(dict.fromkeys(member.method for member in members))
    rows = tuple(
        tuple(map(text_cell, (setting, value, _in_words(sharing, everyone), provenance)))
        for setting, values in methods.items()
        for (value, provenance), sharing in values.items()
    )
    caption = f"Settings under protocol {name} of {', '.join(everyone)}."
    chosen = [
        setting
        for setting, values in methods.items()
        for _, provenance in values
        if provenance.startswith("chosen")
    ]
    notes = ()
    if chosen:
        names = ", ".join(dict.fromkeys(chosen))
        notes = (f"{len(chosen)} of {len(rows)} values are chosen by this harness: {names}.",)
    return Table(f"settings-{number}", caption, columns, (Block("", (), rows),), notes=notes)


def _in_words(methods: Sequence[str], everyone: Sequence[str]) -> str:
    methods = list(dict.fromkeys(methods))
    return "all" if len(methods) == len(everyone) > 1 else ", ".join(methods)


def _facts_table(name: str, caption: str, facts: Sequence[tuple[str, str]]) -> Table:
    columns = (Column("What", ("what",), "left"), Column("Value", ("value",), "left"))
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (text_cell(what), text_cell(value)) for what, value in facts
    )
    return Table(name, caption, columns, (Block("", (), rows),))


def _shortened(text: str) -> str:
    return text if len(text) <= _SHORT_HASH else f"{text[:_SHORT_HASH]}…"
