"""Searches joined with the ground truth of what they found."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.errors import UserError
from benchmarks.metric import ACCURACY, Metric
from benchmarks.spaces import SPACES
from harness.storage.answers import AnswerStore
from harness.storage.store import Store
from harness.trials.ground_truth import Answer, Evaluation, GroundTruthCard
from harness.trials.record import Record, SearchRecord, TrainRecord
from harness.trials.trial import SearchTrial


@dataclass(frozen=True)
class EvaluatedSearch:
    """The record of a search with the ground truth of the architectures of its course."""

    record: SearchRecord
    ground_truth: GroundTruthCard | None = None
    """What gives it; None if nothing does."""
    answers: Mapping[str, Answer] = field(default_factory=dict, repr=False)
    """All answers of that ground truth, by architecture."""

    @property
    def trial(self) -> SearchTrial:
        """The trial of the record."""
        return self.record.trial

    @property
    def datasets(self) -> tuple[str, ...]:
        """The evaluated datasets; without a ground truth that of the search."""
        if self.ground_truth is None:
            return (self.trial.search_dataset,)
        return tuple(each.name for each in self.ground_truth.datasets)

    @property
    def metric(self) -> Metric:
        """What values are measured in: that of the ground truth, or else of the space."""
        if self.ground_truth is None:
            return self.record.metric or metric_of_space(self.trial.space)
        return self.ground_truth.metric

    @property
    def _answer(self) -> Answer | None:
        return self.answers.get(self.record.result.architecture) if self.record.result else None

    @property
    def evaluations(self) -> tuple[Evaluation, ...]:
        """Those of the found architecture; empty without a result or an answer."""
        return self._answer.evaluations if self._answer else ()

    @property
    def evaluation(self) -> Evaluation | None:
        """That of the found architecture on the search dataset."""
        of_search = (each for each in self.evaluations if each.dataset == self.trial.search_dataset)
        return next(of_search, None)

    @property
    def training(self) -> str | None:
        """Key of the trial that trained the found architecture; None if none did."""
        return self._answer.training if self._answer else None

    @property
    def reason(self) -> str | None:
        """Why there is no result, or no ground truth of it."""
        if self.record.result is None:
            return self.record.reason
        return self._answer.reason if self._answer else None

    def evaluations_along(self, architecture: str) -> tuple[Evaluation, ...]:
        """Return the evaluations of an architecture that the search passed through.

        Trainings are of what searches end in. An architecture on the way that another search ended
        in by chance has none either: a course of such epochs alone would mislead.
        """
        if self.ground_truth is None or self.ground_truth.is_trained:
            return ()
        answer = self.answers.get(architecture)
        return answer.evaluations if answer else ()


def metric_of_space(name: str) -> Metric:
    """Return what networks of a space are measured in: accuracy, unless its objective differs."""
    if name not in SPACES:  # results of a plug-in that is not loaded
        return ACCURACY
    return SPACES[name].objective.metric


def read_searches(store: Store, table: str | None = None) -> list[EvaluatedSearch]:
    """Join the searches of a store with their ground truth; see `join`.

    Raises:
        UserError: `table` names no ground truth of them, or several.
    """
    return join(store.records(), store.ground_truth, table)


def read_trainings(store: Store, searches: Iterable[EvaluatedSearch]) -> list[TrainRecord]:
    """Return the records of the trainings that evaluate searches."""
    keys = dict.fromkeys(search.training for search in searches if search.training)
    records = (store.read(key) for key in keys)
    return [record for record in records if isinstance(record, TrainRecord)]


def join(
    records: Iterable[Record], store: AnswerStore, table: str | None = None
) -> list[EvaluatedSearch]:
    """Join the records of searches with one ground truth each.

    By default that is the one of the last `run` of the search's space and dataset. A search that
    scored architectures on a table is evaluated by that table, or by trainings.

    Args:
        records: of searches; others are left out.
        store: the answers.
        table: a ground truth by its name, by NAME@DIGITS with the first digits of its SHA-256, or
            by @DIGITS. Searches that it was not used for are left out.

    Raises:
        UserError: `table` names no ground truth of these searches, or several.
    """
    answers = _Answers(store, table)
    joined = []
    for record in records:
        if isinstance(record, SearchRecord):
            chosen = answers.chosen_for(record.trial)
            scored_on = record.trial.table
            if scored_on and chosen and not chosen.is_trained and scored_on != chosen.identity:
                chosen = store.card(scored_on.sha256) if table is None else None
            if chosen or table is None:
                joined.append(EvaluatedSearch(record, chosen, answers.of(chosen)))
    if table is not None and not joined:
        known = [each.identity.name for each in store.cards()]
        raise no_such_table(store.folder.parent, table, known)
    return joined


def no_such_table(folder: Path, table: str, known: Iterable[str]) -> UserError:
    """Return the error of a table that no result in a folder has its ground truth from."""
    names = ", ".join(dict.fromkeys(known)) or "none"
    return UserError(
        f"No result in {folder} has ground truth from the table {table}. Available there: {names}. "
        "To add a table, repeat the `run` with --table."
    )


class _Answers:
    """Cards by space and dataset, and answers, each read once."""

    def __init__(self, store: AnswerStore, name: str | None):
        self._store, self._name = store, name
        self._cards: dict[tuple[str, str], GroundTruthCard | None] = {}
        self._answers: dict[str, Mapping[str, Answer]] = {}

    def chosen_for(self, trial: SearchTrial) -> GroundTruthCard | None:
        place = trial.space, trial.search_dataset
        if place not in self._cards:
            cards = self._store.used(*place)
            if self._name is not None:
                cards = _named(cards, self._name)
            self._cards[place] = cards[0] if cards else None
        return self._cards[place]

    def of(self, card: GroundTruthCard | None) -> Mapping[str, Answer]:
        if card is None:
            return {}
        sha256 = card.identity.sha256
        if sha256 not in self._answers:
            self._answers[sha256] = self._store.answers(sha256)
        return self._answers[sha256]


def _named(cards: Sequence[GroundTruthCard], text: str) -> list[GroundTruthCard]:
    """Return the card of that name, or none; UserError if there are several."""
    name, at, digits = text.rpartition("@")
    found = [
        each
        for each in cards
        if each.identity.name == text
        or (at and digits and name in ("", each.identity.name)
            and each.identity.sha256.startswith(digits))
    ]  # fmt: skip
    if len(found) > 1:
        shown = ", ".join(each.identity.short for each in found)
        raise UserError(f"{text} stands for several tables here. Choose one: {shown}.")
    return found
