"""Searches joined with the ground truth of what they found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.errors import UserError
from harness.storage.answers import AnswerStore
from harness.storage.store import Store
from harness.trials.ground_truth import Answer, AnsweringTable, Evaluation
from harness.trials.record import Record, SearchRecord
from harness.trials.trial import SearchTrial


@dataclass(frozen=True)
class EvaluatedSearch:
    """The record of a search with the ground truth of the architectures of its course."""

    record: SearchRecord
    table: AnsweringTable | None = None
    """None where no table was asked."""
    answers: Mapping[str, Answer] = field(default_factory=dict, repr=False)
    """The table's answers by architecture, those about other searches among them."""

    @property
    def trial(self) -> SearchTrial:
        """The trial of the record."""
        return self.record.trial

    @property
    def datasets(self) -> tuple[str, ...]:
        """The datasets of the table, or without one that of the search."""
        if self.table is None:
            return (self.trial.search_dataset,)
        return tuple(each.name for each in self.table.datasets)

    @property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """What was found, on every dataset of the table; empty without a result or an answer."""
        return self.evaluations_of(self.record.result.architecture) if self.record.result else ()

    @property
    def evaluation(self) -> Evaluation | None:
        """What was found, on the dataset that was searched on."""
        of_search = (each for each in self.evaluations if each.dataset == self.trial.search_dataset)
        return next(of_search, None)

    @property
    def reason(self) -> str | None:
        """Why there is no result, or no ground truth of it."""
        if self.record.result is None:
            return self.record.reason
        answer = self.answers.get(self.record.result.architecture)
        return answer.reason if answer else None

    def evaluations_of(self, architecture: str) -> tuple[Evaluation, ...]:
        """Return the evaluations of an architecture; empty where the table was not asked."""
        answer = self.answers.get(architecture)
        return answer.evaluations if self.table and answer else ()


def read_searches(store: Store, table: str | None = None) -> list[EvaluatedSearch]:
    """Join the searches of a store with their ground truth; see `join`.

    Raises:
        UserError: no such table has answered.
    """
    return join(store.records(), store.ground_truth, table)


def join(
    records: Iterable[Record], store: AnswerStore, table: str | None = None
) -> list[EvaluatedSearch]:
    """Join the records of searches with the answers of one table each.

    That is the one that the last `run` of the search's space and dataset asked for. A table that is
    named, by its name, its name and digits of its SHA-256 (NAME@1a2b3c4d) or these alone, evaluates
    the searches of the spaces and datasets that it was asked for, and others are left out. A search
    that scored architectures on a table is evaluated by no other; trainings evaluate any search.

    Raises:
        UserError: no such table, or several of the name, have answered.
    """
    answers = _Answers(store, table)
    joined = []
    for record in records:
        if isinstance(record, SearchRecord):
            chosen = answers.table_of(record.trial)
            scored_on = record.trial.table
            if scored_on and chosen and not chosen.is_trained and scored_on != chosen.identity:
                chosen = store.table(scored_on.sha256) if table is None else None
            if chosen or table is None:
                joined.append(EvaluatedSearch(record, chosen, answers.of(chosen)))
    if table is not None and not joined:
        known = ", ".join(dict.fromkeys(each.identity.name for each in store.tables()))
        raise UserError(
            f"{store.folder.parent} has no accuracies of the table {table}; it has those of: "
            f"{known or 'none'}. The same `run` with another --table adds it."
        )
    return joined


class _Answers:
    """Tables by space and dataset, and their answers, each read once."""

    def __init__(self, store: AnswerStore, name: str | None):
        self._store, self._name = store, name
        self._tables: dict[tuple[str, str], AnsweringTable | None] = {}
        self._answers: dict[str, Mapping[str, Answer]] = {}

    def table_of(self, trial: SearchTrial) -> AnsweringTable | None:
        place = trial.space, trial.search_dataset
        if place not in self._tables:
            asked = self._store.asked(*place)
            if self._name is not None:
                asked = _named(asked, self._name)
            self._tables[place] = asked[0] if asked else None
        return self._tables[place]

    def of(self, table: AnsweringTable | None) -> Mapping[str, Answer]:
        if table is None:
            return {}
        sha256 = table.identity.sha256
        if sha256 not in self._answers:
            self._answers[sha256] = self._store.answers(sha256)
        return self._answers[sha256]


def _named(tables: Sequence[AnsweringTable], text: str) -> list[AnsweringTable]:
    """Return the one that is named, or none; UserError where several are."""
    name, at, digits = text.rpartition("@")
    found = [
        each
        for each in tables
        if each.identity.name == text
        or (at and digits and name in ("", each.identity.name)
            and each.identity.sha256.startswith(digits))
    ]  # fmt: skip
    if len(found) > 1:
        shown = ", ".join(each.identity.short for each in found)
        raise UserError(f"Several tables named {text} answered; choose one: {shown}.")
    return found
