"""How the results of a folder came about, for the report: a function of its records alone."""

from collections.abc import Iterable, Sequence

from harness.settings.names import MACHINERY_CHECKS
from harness.trials.record import Record
from reports.manifest import GroundTruthTable, Manifest, ProtocolSettings


def make_manifest(records: Sequence[Record]) -> Manifest:
    """Gather commands, versions, tables and settings from records."""
    records = sorted(records, key=lambda record: record.finished_at)
    return Manifest(
        command="\n".join(_distinct(record.command for record in records)),
        generated_at=records[-1].finished_at.replace(microsecond=0) if records else None,
        commit=", ".join(_distinct(record.commit for record in records if record.commit)) or None,
        versions={
            name: ", ".join(_distinct(record.environment[name] for record in records))
            for name in (records[-1].environment if records else ())
        },
        device=", ".join(_distinct(_device(record) for record in records)),
        ground_truth=tuple(_distinct(_table(record) for record in records if record.evaluations)),
        protocols=tuple(_distinct(_protocol(record) for record in records)),
        footnotes=tuple(_distinct(note for record in records for note in record.table_notes)),
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


def _table(record: Record) -> GroundTruthTable:
    return GroundTruthTable(
        name=record.trial.table,
        description=record.table_description,
        version=record.trial.table_version,
        sha256=record.trial.table_sha256,
        queries="; ".join(
            f"{each.dataset}: valid {each.valid_query or 'none'}, test {each.test_query}"
            for each in record.evaluations
        ),
    )


def _protocol(record: Record) -> ProtocolSettings:
    trial = record.trial
    name = " with ".join(filter(None, [trial.protocol, trial.overrides]))
    settings = tuple(
        (setting, str(value), trial.provenance.get(setting, ""))
        for setting, value in trial.settings.items()
    )
    return ProtocolSettings(name=name, method=trial.method, settings=settings)
