"""How the results of a folder came about, for the report: a function of its records alone."""

from collections.abc import Iterable, Sequence

from harness.settings.names import MACHINERY_CHECKS
from harness.storage.evaluated import EvaluatedSearch
from harness.trials.ground_truth import AnsweringTable
from harness.trials.record import Record
from harness.trials.trial import SearchTrial
from reports.manifest import GroundTruthTable, Manifest, ProtocolSettings


def make_manifest(searches: Sequence[EvaluatedSearch]) -> Manifest:
    """Gather commands, versions, tables and settings from searches."""
    searches = sorted(searches, key=lambda search: search.record.finished_at)
    records = [search.record for search in searches]
    tables = _distinct(search.table for search in searches if search.table)
    return Manifest(
        command="\n".join(_distinct(record.command for record in records)),
        generated_at=records[-1].finished_at.replace(microsecond=0) if records else None,
        commit=", ".join(_distinct(record.commit for record in records if record.commit)) or None,
        versions={
            name: ", ".join(_distinct(record.environment[name] for record in records))
            for name in (records[-1].environment if records else ())
        },
        device=", ".join(_distinct(_device(record) for record in records)),
        ground_truth=tuple(map(_table, tables)),
        protocols=tuple(_distinct(_protocol(search.trial) for search in searches)),
        footnotes=tuple(_distinct(note for table in tables for note in table.notes)),
        machinery_checks=MACHINERY_CHECKS,
    )


def _distinct(values: Iterable) -> list:
    return list(dict.fromkeys(values))


def _device(record: Record) -> str:
    arithmetic = dict(record.trial.arithmetic)
    device = arithmetic.pop("device")
    if device == "none":
        return "CPU, table lookups only"
    threads = arithmetic.pop("threads", None)
    how = [*arithmetic.values(), *([f"{threads} thread"] if threads else [])]
    return f"{record.device_name or device} ({', '.join([device, *how])})"


def _table(table: AnsweringTable) -> GroundTruthTable:
    return GroundTruthTable(
        name=table.identity.name,
        description=table.description,
        version=table.identity.version,
        sha256=table.identity.sha256,
        queries="; ".join(
            f"{each.name}: valid {each.valid_query or 'none'}, test {each.test_query}"
            for each in table.datasets
        ),
    )


def _protocol(trial: SearchTrial) -> ProtocolSettings:
    name = " with ".join(filter(None, [trial.protocol, trial.overrides]))
    settings = tuple(
        (setting, str(value), trial.provenance.get(setting, ""))
        for setting, value in trial.settings.items()
    )
    return ProtocolSettings(name=name, method=trial.method, settings=settings)
