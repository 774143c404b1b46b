"""One architecture, or one folder of trials, as text and as data."""

from dataclasses import asdict
from pathlib import Path
from typing import Any

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES, tabulated_space
from benchmarks.tables import tables_of
from benchmarks.tables.table import Card
from harness.planning.ground_truth import choose_table
from harness.storage.store import Store
from harness.trials.ground_truth import describe, look_up
from harness.trials.record import Record, SearchRecord

_LEFT_OUT = ("dataset", "test_training_sd", "training_seeds")  # said elsewhere, or of no table


def show_architecture(
    text: str, space_name: str, table_name: str | None
) -> tuple[dict[str, Any], str]:
    """Describe an architecture as data and as text, with its ground truth if the space has a table.

    Raises:
        UserError: the text is not an architecture of the space, or the table is missing.
    """
    if table_name is None and not tables_of(space_name):
        return _without_table(text, space_name)
    space = tabulated_space(space_name)
    found = space.parse(text)
    table = choose_table(space_name, table_name)
    index = space.index(found)
    described, answer = describe(table), look_up(space, table, found)
    metric = described.metric
    evaluations = {}
    for dataset, evaluation in zip(described.datasets, answer.evaluations, strict=True):
        optimum = dataset.optimum
        assert optimum is not None  # a table knows its whole space
        evaluations[dataset.name] = {
            "valid_query": dataset.valid_query,
            "test_query": dataset.test_query,
            "optimum": optimum,
            "regret": metric.gain(optimum, evaluation.test_value),
            **{name: each for name, each in asdict(evaluation).items() if name not in _LEFT_OUT},
        }
    first = next(iter(evaluations.values()))
    canonical = space.canonical(found)
    content = {
        "space": space_name,
        "architecture": str(found),
        "index": index,
        "canonical": str(canonical),
        "canonical_index": space.index(canonical),
        "parameters": first["parameters"],
        "macs": first["macs"],
        "table": asdict(described.identity),
        "metric": metric.name,
        "evaluations": evaluations,
    }
    return content, _architecture_text(content, space.draw(found), table.card)


def _without_table(text: str, space_name: str) -> tuple[dict[str, Any], str]:
    space = SPACES[space_name]
    found = space.parse(text)
    counts = space.counts(found)
    content = {
        "space": space_name,
        "architecture": str(found),
        "canonical": str(space.canonical(found)),
        "collapsed": space.is_collapsed(found),
        "counts": counts,
    }
    operations = ", ".join(f"{number} {each}" for each, number in counts.items() if number)
    state = "collapsed: no operation has weights" if content["collapsed"] else "not collapsed"
    return content, f"{found}\n{operations}; {state}\n\n{space.draw(found)}"


def _architecture_text(content: dict[str, Any], drawing: str, card: Card) -> str:
    same = "" if content["canonical_index"] == content["index"] else (
        f"\nsame network as {content['canonical_index']}  {content['canonical']}"
    )  # fmt: skip
    metric = card.metric
    lines = [
        f"{content['space']} {content['index']}  {content['architecture']}{same}",
        "",
        drawing,
        "",
        f"{'dataset':15} {f'valid {metric.unit}'.strip():>8} {f'test {metric.unit}'.strip():>8} "
        f"{'rank':>7} {'regret':>7} {'parameters':>11} {'M MACs':>8}",
    ]
    for dataset, row in content["evaluations"].items():
        valid = row["valid_value"]
        lines.append(
            f"{dataset:15} {'–' if valid is None else metric.digits(valid):>8} "
            f"{metric.digits(row['test_value']):>8} {row['rank']:7,d} "
            f"{metric.digits(row['regret']):>7} {row['parameters']:11,d} {row['macs'] / 1e6:8.2f}"
        )
    trainings = next(iter(card.evaluations.values())).test.trainings
    lines += [
        "",
        f"Rank by test {metric.name} among {card.architectures:,}. Table: {card.name} "
        f"({card.version}), {trainings}.",
    ]
    return "\n".join(lines)


def show_run(folder: Path) -> tuple[dict[str, Any], str]:
    """Describe a folder of a run or a trial: the resolved settings, each with its source.

    Raises:
        UserError: the folder is neither.
    """
    folder = folder.resolve()
    if (folder / "record.json").is_file():
        record = Store(folder.parent.parent).read(folder.name)
        if record is None:
            raise UserError(
                f"{folder} holds no finished trial; run the same command again to resume it."
            )
        records = [record]
    else:
        records = Store.open(folder).records()
    searches = [record for record in records if isinstance(record, SearchRecord)]
    content = {"trials": [_summary(record) for record in records]}
    return content, _run_text(searches, trainings=len(records) - len(searches))


def _summary(record: Record) -> dict[str, Any]:
    return {
        "key": record.key,
        "state": record.state,
        "reason": record.reason,
        "result": asdict(record.result) if record.result else None,
        **asdict(record.trial),
        "command": record.command,
        "commit": record.commit,
        "environment": record.environment,
    }


def _run_text(records: list[SearchRecord], trainings: int) -> str:
    """List each distinct (method, space, dataset, protocol) once, with its settings."""
    groups: dict[tuple[str, ...], list[SearchRecord]] = {}
    identity = ("method", "space", "search_dataset", "protocol", "overrides")
    for record in records:
        groups.setdefault(tuple(getattr(record.trial, name) for name in identity), []).append(
            record
        )
    lines = []
    for (method, space, dataset, protocol, overrides), members in sorted(groups.items()):
        trial = members[0].trial
        done = sum(record.state == "done" for record in members)
        lines += [
            f"{method} {trial.method_version} on {space}, searched on {dataset}, protocol "
            f"{protocol}{' with ' + overrides if overrides else ''}",
            *(
                [f"  scores on table {trial.table.name} ({trial.table.version})"]
                if trial.table
                else []
            ),
            f"  {done} of {len(members)} trials done",
        ]
        lines += [
            f"  {name} = {value}    {trial.provenance.get(name, '')}"
            for name, value in trial.settings.items()
        ]
    if trainings:
        lines.append(f"{trainings} trainings")
    return "\n".join(lines) or "No finished trial."
