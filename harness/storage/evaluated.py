"""Searches joined with the ground truth of what they found."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

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

    That is the named table, or else the one that the last `run` of the search's space and dataset
    asked for. A search that scored architectures on a table is evaluated by no other; it is left
    out where another one is named. Trainings may evaluate any search.

    Raises:
        UserError: no such table has answered.
    """
    named = None if table is None else store.find(table).identity.sha256
    answers = _Answers(store)
    joined = []
    for record in records:
        if isinstance(record, SearchRecord):
            scored_on = record.trial.table.sha256 if record.trial.table else None
            chosen = named or answers.chosen_for(record.trial)
            if scored_on not in (None, chosen) and not answers.are_trainings(chosen):
                if named:
                    continue
                chosen = scored_on
            joined.append(EvaluatedSearch(record, *answers.of(chosen)))
    return joined


class _Answers:
    """Answers, each table's read once."""

    def __init__(self, store: AnswerStore):
        self._store = store
        self._chosen: dict[tuple[str, str], str | None] = {}
        self._read: dict[str | None, tuple[AnsweringTable | None, Mapping[str, Answer]]] = {
            None: (None, {})
        }

    def chosen_for(self, trial: SearchTrial) -> str | None:
        place = trial.space, trial.search_dataset
        if place not in self._chosen:
            self._chosen[place] = self._store.chosen(*place)
        return self._chosen[place]

    def of(self, sha256: str | None) -> tuple[AnsweringTable | None, Mapping[str, Answer]]:
        if sha256 not in self._read:
            assert sha256 is not None
            self._read[sha256] = (self._store.table(sha256), self._store.answers(sha256))
        return self._read[sha256]

    def are_trainings(self, sha256: str | None) -> bool:
        table, _ = self.of(sha256)
        return table is not None and table.is_trained
