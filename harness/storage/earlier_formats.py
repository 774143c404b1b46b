"""Read results folders that version 0.1 wrote before its first release.

They are not run again, resumed or reported: keys, settings and columns had other names, and the
ground truth stood in the record of its search. `results` lists them.
"""

import json
import logging
from pathlib import Path
from typing import Any

from harness.storage.earlier_names import with_current_names
from harness.storage.evaluated import EvaluatedSearch, no_such_table, read_searches
from harness.storage.sealed import read_content, unseal
from harness.storage.store import EARLIER_FORMATS, Store
from harness.trials.ground_truth import Answer, EvaluatedDataset, Evaluation, GroundTruthCard
from harness.trials.record import FORMAT, SearchRecord
from harness.trials.trial import TableIdentity

log = logging.getLogger("harness")


def read_any_searches(folder: Path, table: str | None = None) -> list[EvaluatedSearch]:
    """Read the searches of a folder that this version of the harness or an earlier one made.

    Raises:
        UserError: it is not a results folder, a later version made it, or no such table answered.
    """
    store = Store(folder)
    found = store.found_format()
    if found not in EARLIER_FORMATS:
        return read_searches(Store.open(folder), table)
    searches = _read_earlier(store.trials, found)
    names = [each.ground_truth.identity.name for each in searches if each.ground_truth]
    if table is None:
        return searches
    if table not in names:
        raise no_such_table(folder, table, names)
    return [each for each, name in zip(searches, names, strict=True) if name == table]


def _read_earlier(trials: Path, number: int) -> list[EvaluatedSearch]:
    """Return the searches in a folder of trials of format 1 or 2, in the order of their keys."""
    searches = []
    for path in sorted(trials.glob("*/record.json")):
        try:
            content = path.read_bytes().removesuffix(b"\n")
            content = with_current_names(content if number == 1 else unseal(content))
            searches.append(_search(json.loads(content)))
        except (ValueError, KeyError, AttributeError, TypeError, OSError):
            log.warning("%s is damaged and left out.", path)
    return searches


def _search(content: dict[str, Any]) -> EvaluatedSearch:
    content = _renamed(content)
    trial = _renamed(content.pop("trial"))
    identity = TableIdentity(trial.pop("table"), trial.pop("table_version"),
                             trial.pop("table_sha256"))  # fmt: skip
    of_search = ("architecture", "simulated_seconds", "evaluated", "collapsed")
    result = {name: content.pop(name) for name in of_search}
    evaluations = {each["dataset"]: each for each in content.pop("evaluations")}
    table = GroundTruthCard(
        identity,
        content.pop("table_description"),
        tuple(content.pop("table_notes")),
        tuple(_dataset(name, evaluations.get(name)) for name in content.pop("datasets")),
    )
    content["seconds"] = content.pop("search_seconds")
    content |= {"trial": trial, "format": FORMAT}
    if content["state"] == "done":
        content["result"] = result
    record = read_content(SearchRecord, json.dumps(content).encode())
    answers = {}
    if record.result is not None:
        architecture = record.result.architecture
        answers[architecture] = Answer(architecture, tuple(map(_evaluation, evaluations.values())))
    return EvaluatedSearch(record, table, answers)


def _renamed(content: dict[str, Any]) -> dict[str, Any]:
    return {name.replace("truth", "table", 1): value for name, value in content.items()}


def _dataset(name: str, found: dict[str, Any] | None) -> EvaluatedDataset:
    if found is None:
        return EvaluatedDataset(name, None, "")
    return EvaluatedDataset(name, found["valid_query"], found["test_query"], found["optimum"])


def _evaluation(found: dict[str, Any]) -> Evaluation:
    moved = ("valid_query", "test_query", "optimum", "regret")
    return Evaluation(**{name: value for name, value in found.items() if name not in moved})
