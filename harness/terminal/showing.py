"""One architecture, or one folder of trials, for a reader."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.tables.table import Card
from harness.planning.plan import ground_truth
from harness.storage.store import Store
from harness.trials.evaluation import evaluate
from harness.trials.record import Record


def architecture(text: str, space_name: str, truth: str | None) -> tuple[dict[str, Any], str]:
    """An architecture with its ground truth on every dataset, as data and as text.

    Raises:
        UserError: the text names no architecture, or the table is not here.
    """
    space = SPACES[space_name]
    found = space.parse(text)
    table = ground_truth(space_name, truth)
    index = space.index(found)
    truths = {}
    for evaluation in evaluate(space, table, found):
        truths[evaluation.dataset] = asdict(evaluation)
        del truths[evaluation.dataset]["dataset"]
    first = next(iter(truths.values()))
    canonical = space.canonical(found)
    content = {
        "space": space_name,
        "architecture": str(found),
        "index": index,
        "canonical": str(canonical),
        "canonical_index": space.index(canonical),
        "parameters": first["parameters"],
        "macs": first["macs"],
        "ground_truth": {"name": table.card.name, "version": table.card.version,
                         "sha256": table.card.sha256},
        "truth": truths,
    }  # fmt: skip
    return content, _architecture_text(content, space.draw(found), table.card)


def _architecture_text(content: dict[str, Any], drawing: str, card: Card) -> str:
    same = "" if content["canonical_index"] == content["index"] else (
        f"\nsame network as {content['canonical_index']}  {content['canonical']}"
    )  # fmt: skip
    lines = [
        f"{content['space']} {content['index']}  {content['architecture']}{same}",
        "",
        drawing,
        "",
        f"{'dataset':15} {'valid %':>8} {'test %':>8} {'rank':>7} {'regret':>7} "
        f"{'parameters':>11} {'M MACs':>8}",
    ]
    for dataset, row in content["truth"].items():
        valid = row["valid_accuracy"]
        lines.append(
            f"{dataset:15} {'–' if valid is None else f'{valid:.2f}':>8} "
            f"{row['test_accuracy']:8.2f} {row['rank']:7,d} {row['regret']:7.2f} "
            f"{row['parameters']:11,d} {row['macs'] / 1e6:8.2f}"
        )
    trainings = next(iter(card.evaluations.values())).test.trainings
    lines += [
        "",
        f"Rank by test accuracy among {card.architectures:,}. Ground truth: {card.name} "
        f"({card.version}), {trainings}.",
    ]
    return "\n".join(lines)


def run(folder: Path) -> tuple[dict[str, Any], str]:
    """A folder of a run or of one trial: the resolved settings, each with its provenance.

    Raises:
        UserError: the folder is neither.
    """
    folder = folder.resolve()
    if (folder / "record.json").is_file():
        record = Store(folder.parent.parent).read(folder.name)
        if record is None:
            raise UserError(f"{folder} holds no finished trial; run the same command again.")
        records = [record]
    else:
        records = Store.open(folder).records()
    return {"trials": [_summary(record) for record in records]}, _run_text(records)


def _summary(record: Record) -> dict[str, Any]:
    return {
        "key": record.key,
        "state": record.state,
        "reason": record.reason,
        "architecture": record.architecture,
        **asdict(record.trial),
        "command": record.command,
        "commit": record.commit,
        "environment": record.environment,
    }


def _run_text(records: list[Record]) -> str:
    """Each distinct (method, space, dataset, protocol) once, with its seeds and settings."""
    groups: dict[tuple[str, ...], list[Record]] = {}
    identity = ("method", "space", "search_dataset", "protocol", "overrides", "truth")
    for record in records:
        groups.setdefault(tuple(getattr(record.trial, name) for name in identity), []).append(
            record
        )
    lines = []
    for (method, space, dataset, protocol, overrides, truth), members in sorted(groups.items()):
        trial = members[0].trial
        done = sum(record.state == "done" for record in members)
        lines += [
            f"{method} {trial.method_version} on {space}, searched on {dataset}, protocol "
            f"{protocol}{' with ' + overrides if overrides else ''}",
            f"  ground truth {truth} ({trial.truth_version})",
            f"  {done} of {len(members)} trials done",
        ]
        lines += [
            f"  {name} = {value}    {trial.provenance.get(name, '')}"
            for name, value in trial.settings.items()
        ]
    return "\n".join(lines) or "No trial is finished here."
