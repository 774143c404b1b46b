"""Give searches that have ended their ground truth, and store it beside them."""

from collections.abc import Iterator, Sequence

from benchmarks.spaces import SPACES
from benchmarks.tables.query import Query
from benchmarks.tables.table import Table
from benchmarks.training.protocol import evaluations_per_image
from harness.planning.stages import GroundTruth, SearchPlan
from harness.planning.trainings import Recipe
from harness.storage.evaluated import EvaluatedSearch
from harness.storage.store import Store
from harness.trials.ground_truth import (
    Answer,
    AnsweringTable,
    EvaluatedDataset,
    Evaluation,
    describe,
    look_up,
)
from harness.trials.record import Record, SearchRecord, TrainRecord, TrainResult


class Answering:
    """The ground truth of a plan's searches, added to a store as trials end.

    Args:
        plan: says what gives the ground truth.
        store: where records lie, and answers are added.
        is_default: whether results show this ground truth from now on.

    Raises:
        UserError: the store cannot be written.
    """

    def __init__(self, plan: SearchPlan, store: Store, *, is_default: bool = True):
        self._plan, self._store = plan, store
        self._tables = {place: _describe(truth) for place, truth in plan.ground_truth.items()}
        self._answers: dict[str, dict[str, Answer]] = {}
        self._trained: dict[str, TrainRecord] = {}
        self._waiting: dict[str, list[SearchRecord]] = {}
        """Searches by the key of the training that evaluates them."""
        for (space, dataset), table in self._tables.items():
            store.ground_truth.ask(space, dataset, table, is_default=is_default)
            sha256 = table.identity.sha256
            self._answers.setdefault(sha256, store.ground_truth.answers(sha256))

    def add(self, records: Sequence[Record]) -> list[EvaluatedSearch]:
        """Store the answers that have become possible; return the searches that they are about.

        A search is returned when it has ended, and again when its training has.

        Raises:
            UserError: the store cannot be written.
        """
        searches: list[SearchRecord] = []
        for record in records:
            if isinstance(record, SearchRecord):
                searches.append(record)
            elif isinstance(record, TrainRecord):
                self._trained[record.key] = record
                searches += self._waiting.pop(record.key, ())
        added: dict[str, list[Answer]] = {}
        evaluated = [self._evaluate(record, added) for record in searches]
        for sha256, answers in added.items():
            self._store.ground_truth.add(sha256, answers)
        return evaluated

    def _evaluate(self, record: SearchRecord, added: dict[str, list[Answer]]) -> EvaluatedSearch:
        place = record.trial.space, record.trial.search_dataset
        if place not in self._tables:
            return EvaluatedSearch(record)
        table, truth = self._tables[place], self._plan.ground_truth[place]
        answers = self._answers[table.identity.sha256]
        is_table = isinstance(truth, Table)
        found = self._look_ups(record, truth) if is_table else self._trainings(record, truth)
        new = [each for each in found if answers.get(each.architecture) != each]
        if new:
            added.setdefault(table.identity.sha256, []).extend(new)
            answers |= {each.architecture: each for each in new}
        return EvaluatedSearch(record, table, answers)

    def _look_ups(self, record: SearchRecord, table: Table) -> Iterator[Answer]:
        space = SPACES[record.trial.space]
        known = self._answers[table.card.sha256]
        course = [event.architecture for event in self._store.events(record.key)]
        if record.result is not None:
            course.append(record.result.architecture)
        for architecture in dict.fromkeys(course):
            if architecture not in known:
                yield look_up(space, table, space.parse(architecture))

    def _trainings(self, record: SearchRecord, recipe: Recipe) -> Iterator[Answer]:
        training = self._plan.training_of(record)
        if training is None or record.result is None:
            return
        trained = self._trained.get(training.key)
        if trained is None:
            self._waiting.setdefault(training.key, []).append(record)
        else:
            yield _answer(record.result.architecture, recipe, trained)


def _describe(truth: GroundTruth) -> AnsweringTable:
    if isinstance(truth, Table):
        return describe(truth)
    name, epochs = truth.dataset.name, truth.protocol.epochs
    settings = ", ".join(f"{key} {value}" for key, value in vars(truth.protocol).items())
    valid, test = (str(Query(name, split, epochs, None)) for split in ("valid", "test"))
    return AnsweringTable(
        truth.identity,
        f"what was found, trained here on {name}: {settings}",
        (),
        (EvaluatedDataset(name, valid, test),),
        is_trained=True,
    )


def _answer(architecture: str, recipe: Recipe, trained: TrainRecord) -> Answer:
    if not isinstance(trained.result, TrainResult):
        return Answer(architecture, reason=f"its training {trained.state}: {trained.reason}")
    space, protocol, dataset = SPACES[recipe.space], recipe.protocol, recipe.dataset
    size = {"channels": protocol.channels, "cells_per_stage": protocol.cells_per_stage}
    found = space.parse(architecture)
    evaluation = Evaluation(
        dataset=dataset.name,
        valid_accuracy=_percent(recipe, "valid", [curve[-1] for curve in trained.result.valid]),
        test_accuracy=_percent(recipe, "test", trained.result.test),
        parameters=space.parameters(found, dataset.name, **size),
        macs=space.macs(found, dataset.name, **size),
    )
    return Answer(architecture, (evaluation,))


def _percent(recipe: Recipe, split: str, correct: Sequence[int]) -> float:
    """The mean over seeds of the share of images that are classified correctly."""
    images = len(recipe.images.splits[split])
    images *= evaluations_per_image(split, recipe.dataset.noise)
    return 100 * sum(correct) / (images * len(correct))
