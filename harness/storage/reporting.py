"""Hand the records to the reports floor, with how they came about."""

from collections.abc import Iterable, Sequence
from pathlib import Path

from harness.protocol import MACHINERY_CHECKS
from harness.storage import frames
from harness.storage.store import Store
from harness.trials.record import Record
from reports import document
from reports import recorded as recordings
from reports.manifest import Manifest, ProtocolSettings, Truth


def write(
    store: Store,
    records: Sequence[Record],
    out: Path,
    formats: Iterable[str],
    *,
    recorded: bool = False,
    control: str | None = None,
) -> dict[str, Path]:
    """Write the report on some records; return its files by their path within it.

    Args:
        store: where they lie.
        records: what the report is about.
        out: its folder.
        formats: some of `document.FORMATS`.
        recorded: show the results recorded in the harness itself beside these.
        control: a method with which every other one is compared, paired by seed.

    Raises:
        UserError: a format or the control is unknown, a record is damaged, or the folder cannot be
            written.
    """
    return document.write(
        frames.results(records),
        frames.history(store, records),
        manifest(records),
        out,
        formats,
        recorded=recordings.load() if recorded else (),
        control=control,
    )


def manifest(records: Sequence[Record]) -> Manifest:
    """What the records say of their own making; a function of the records alone."""
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
        truths=tuple(_distinct(_truth(record) for record in records if record.evaluations)),
        protocols=tuple(_distinct(_protocol(record) for record in records)),
        footnotes=tuple(_distinct(note for record in records for note in record.truth_notes)),
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


def _truth(record: Record) -> Truth:
    return Truth(
        name=record.trial.truth,
        description=record.truth_description,
        version=record.trial.truth_version,
        sha256=record.trial.truth_sha256,
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
