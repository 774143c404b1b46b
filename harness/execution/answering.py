"""Look up the ground truth of finished searches, and store it beside them."""

from collections.abc import Iterator, Sequence

from benchmarks.spaces import tabulated_space
from benchmarks.tables.table import Table
from harness.planning.recipe import Recipe
from harness.planning.stages import SearchPlan
from harness.storage.evaluated import EvaluatedSearch
from harness.storage.store import Store
from harness.trials.ground_truth import Answer, describe, look_up
from harness.trials.record import Record, SearchRecord, TrainRecord


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
        self._cards = {
            place: describe(truth) if isinstance(truth, Table) else truth.card
            for place, truth in plan.ground_truth.items()
        }
        self._answers: dict[str, dict[str, Answer]] = {}
        self._trained: dict[str, TrainRecord] = {}
        self._waiting: dict[str, list[SearchRecord]] = {}
        """Searches by the key of the training that they wait for."""
        for (space, dataset), card in self._cards.items():
            store.ground_truth.use(space, dataset, card, is_default=is_default)
            sha256 = card.identity.sha256
            self._answers.setdefault(sha256, store.ground_truth.answers(sha256))

    def add(self, records: Sequence[Record]) -> list[EvaluatedSearch]:
        """Store the answers that have become available; return the searches they belong to.

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
        if place not in self._cards:
            return EvaluatedSearch(record)
        card, truth = self._cards[place], self._plan.ground_truth[place]
        answers = self._answers[card.identity.sha256]
        is_table = isinstance(truth, Table)
        found = self._look_ups(record, truth) if is_table else self._trainings(record, truth)
        new = [each for each in found if answers.get(each.architecture) != each]
        if new:
            added.setdefault(card.identity.sha256, []).extend(new)
            answers |= {each.architecture: each for each in new}
        return EvaluatedSearch(record, card, answers)

    def _look_ups(self, record: SearchRecord, table: Table) -> Iterator[Answer]:
        space = tabulated_space(record.trial.space)
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
            yield recipe.answer(record.result.architecture, trained)
