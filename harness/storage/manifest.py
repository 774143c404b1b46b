"""How the results of a folder came about, for the report, from records alone."""

from collections.abc import Iterable, Sequence

from harness.settings.names import MACHINERY_CHECKS
from harness.storage.evaluated import EvaluatedSearch
from harness.trials.ground_truth import GroundTruthCard
from harness.trials.record import Record, TrainRecord
from harness.trials.trial import SearchTrial
from reports.manifest import GroundTruthTable, Manifest, ProtocolSettings


def make_manifest(
    searches: Sequence[EvaluatedSearch], trainings: Sequence[TrainRecord] = ()
) -> Manifest:
    """Gather commands, versions, ground truths and settings.

    Args:
        searches: the results.
        trainings: those that evaluate them; see `read_trainings`.
    """
    searches = sorted(searches, key=lambda search: search.record.finished_at)
    records: list[Record] = [*(search.record for search in searches), *trainings]
    records.sort(key=lambda record: record.finished_at)
    cards = _distinct(search.ground_truth for search in searches if search.ground_truth)
    return Manifest(
        command="\n".join(_distinct(record.command for record in records)),
        generated_at=records[-1].finished_at.replace(microsecond=0) if records else None,
        commit=", ".join(_distinct(record.commit for record in records if record.commit)) or None,
        versions={
            name: ", ".join(_distinct(record.environment[name] for record in records))
            for name in (records[-1].environment if records else ())
        },
        device=", ".join(_distinct(_device(record) for record in records)),
        ground_truth=tuple(map(_table, cards)),
        protocols=tuple(_distinct(_protocol(search.trial) for search in searches)),
        footnotes=tuple(_distinct(note for card in cards for note in card.notes)),
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


def _table(card: GroundTruthCard) -> GroundTruthTable:
    return GroundTruthTable(
        name=card.identity.name,
        description=card.description,
        version=card.identity.version,
        sha256=card.identity.sha256,
        queries="; ".join(
            f"{each.name}: valid {each.valid_query or 'none'}, test {each.test_query}"
            for each in card.datasets
        ),
    )


def _protocol(trial: SearchTrial) -> ProtocolSettings:
    name = " with ".join(filter(None, [trial.protocol, trial.overrides]))
    settings = tuple(
        (setting, str(value), trial.provenance.get(setting, ""))
        for setting, value in trial.settings.items()
    )
    return ProtocolSettings(name=name, method=trial.method, settings=settings)
