"""The stages of a plan: search, then train the architectures found."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from benchmarks.datasets import dataset
from benchmarks.spaces import SPACES
from benchmarks.tables.table import Table
from harness.planning.recipe import Recipe
from harness.trials.record import Record, SearchRecord
from harness.trials.trial import SearchTrial, TrainTrial, Trial
from methods import METHODS
from methods.method import settings_class

GroundTruth = Table | Recipe
"""What gives found architectures their accuracies: a table, or trainings from scratch."""


class Plan(Protocol):
    """What is to be done; it may unfold as trials end."""

    def ready(self, records: Mapping[str, Record], busy: Collection[str]) -> list[Trial]:
        """Return the trials that can start now, given what has ended.

        Args:
            records: of trials that have ended, by key.
            busy: keys of trials that run or wait for a worker.
        """
        ...

    def expected_seconds(self, trials: Sequence[Trial]) -> float:
        """Estimate how long some trials take one after the other, in seconds."""
        ...

    def unfolding_seconds(self, records: Mapping[str, Record]) -> float:
        """Estimate how long at most those trials take that are not known yet, in seconds."""
        ...


@dataclass(frozen=True)
class SearchPlan:
    """Searches, and trainings of the architectures found where these give the ground truth.

    A training starts as soon as its search has ended. Searches that find the same network share
    one, and a search that fails has none.
    """

    searches: list[SearchTrial]
    ground_truth: Mapping[tuple[str, str], GroundTruth] = field(default_factory=dict)
    """By space and search dataset; without an entry there are no accuracies."""
    notes: Sequence[str] = ()
    """A sentence for each method that is left out and each dataset without a table."""

    def ready(self, records: Mapping[str, Record], busy: Collection[str]) -> list[Trial]:
        """Return the trainings and searches that can start now; see `Plan.ready`."""
        if not self.most_trainings:
            return _unfinished(self.searches, records, busy)
        ended = (records.get(search.key) for search in self.searches)
        trainings = (self.training_of(record) for record in ended if record is not None)
        needed = [training for training in trainings if training is not None]
        return _unfinished([*needed, *self.searches], records, busy)

    def training_of(self, record: Record) -> TrainTrial | None:
        """Return the training of the architecture that a search found, if a recipe asks for it."""
        if not isinstance(record, SearchRecord) or record.result is None:
            return None
        recipe = self.recipe_of(record.trial)
        return recipe.trial_of(record.result.architecture) if recipe else None

    def recipe_of(self, search: SearchTrial) -> Recipe | None:
        """Return the recipe whose trainings give a search its ground truth; None for a table."""
        truth = self.ground_truth.get((search.space, search.search_dataset))
        return truth if isinstance(truth, Recipe) else None

    def expected_seconds(self, trials: Sequence[Trial]) -> float:
        """Estimate how long some trials take one after the other, in seconds."""
        return sum(map(self._seconds, trials))

    def unfolding_seconds(self, records: Mapping[str, Record]) -> float:
        """Estimate the trainings after unfinished searches, in seconds."""
        unfinished_searches = (each for each in self.searches if each.key not in records)
        recipes = filter(None, map(self.recipe_of, unfinished_searches))
        return sum(recipe.seconds_each for recipe in recipes)

    @cached_property
    def most_trainings(self) -> Mapping[Recipe, int]:
        """Number of trainings by recipe, if every search finds another network."""
        return Counter(filter(None, map(self.recipe_of, self.searches)))

    def _seconds(self, trial: Trial) -> float:
        if isinstance(trial, SearchTrial):
            method = METHODS[trial.method]
            settings = settings_class(method, SPACES[trial.space])(**trial.settings)
            device = trial.arithmetic["device"]
            return method.expected_seconds(settings, device, dataset(trial.search_dataset))
        truth = self.ground_truth[trial.space, trial.dataset]
        return truth.seconds_each if isinstance(truth, Recipe) else 0.0


@dataclass(frozen=True)
class TrainPlan:
    """Trainings that depend on nothing."""

    trials: Sequence[TrainTrial]
    seconds_each: float
    """Estimate for one of them."""

    def ready(self, records: Mapping[str, Record], busy: Collection[str]) -> list[Trial]:
        """Return the trials that are neither recorded nor busy."""
        return _unfinished(self.trials, records, busy)

    def expected_seconds(self, trials: Sequence[Trial]) -> float:
        """Estimate how long some of the trials take one after the other, in seconds."""
        return self.seconds_each * len(trials)

    def unfolding_seconds(self, records: Mapping[str, Record]) -> float:
        """Nothing unfolds."""
        return 0.0


def _unfinished(
    trials: Sequence[Trial], records: Mapping[str, Record], busy: Collection[str]
) -> list[Trial]:
    """Return the trials that are neither recorded nor busy, each once, in their order."""
    # Both hold trials of the plan alone. This is the case after each of ten thousand records.
    if len(records) + len(busy) == len(trials):
        return []
    by_key = {each.key: each for each in trials}
    return [each for key, each in by_key.items() if key not in records and key not in busy]
