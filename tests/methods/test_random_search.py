"""Random search against a task whose every answer is known."""

from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np
import pytest

from benchmarks.errors import UserError
from benchmarks.metric import ACCURACY, PERPLEXITY, Metric
from benchmarks.tables.query import Query
from methods.method import Score
from methods.random_search import RandomSearch


class _Integers:
    """A space whose architectures are the integers, drawn in order."""

    name = "integers"

    def __init__(self):
        self.drawn = 0

    def sample(self, rng):
        self.drawn += 1
        return self.drawn - 1


@dataclass
class _Task:
    settings: Any
    values: list[float]
    metric: Metric = ACCURACY
    seconds: float = 100.0
    seeds: list[int] = field(default_factory=list)
    space: Any = field(default_factory=_Integers)
    asked: list[Query] = field(default_factory=list)
    recorded: list[tuple] = field(default_factory=list)

    def rng(self, part):
        return np.random.default_rng(0)

    def validation(self, epochs):
        return Query("digits", "valid", epochs, None)

    def training_seeds(self, architecture, query):
        return self.seeds

    def mean_seconds(self, query):
        return 100.0

    def score(self, architecture, query):
        self.asked.append(query)
        return Score(self.values[architecture], self.seconds)

    def log(self, architecture, **measured):
        self.recorded.append((architecture, measured["score"], measured["simulated_seconds"]))


def settings(budget=1_000.0, overshoot: Literal["drop", "count"] = "drop"):
    return RandomSearch.Settings(time_budget_seconds=budget, score_epochs=12, overshoot=overshoot)


VALUES = [10.0, 50.0, 20.0, 50.0, 90.0, 99.0, 100.0]


def search(task: Any):
    return RandomSearch().search(task)


def test_where_lower_is_better_the_lowest_score_wins():
    task = _Task(settings(500.0), [*reversed(VALUES)], metric=PERPLEXITY)
    outcome = search(task)
    assert task.values[outcome.architecture] == min(task.values[: outcome.evaluated])
    scores = [score for _, score, _ in task.recorded]
    assert scores == sorted(scores, reverse=True)


def test_the_best_score_wins_not_the_last():
    outcome = search(_Task(settings(400.0), VALUES))
    assert outcome.architecture == 1
    assert outcome.evaluated == 4
    assert outcome.simulated_seconds == 400.0


def test_the_draw_that_crosses_the_budget_is_dropped_in_the_2020_protocol():
    outcome = search(_Task(settings(450.0, "drop"), VALUES))
    assert (outcome.architecture, outcome.evaluated, outcome.simulated_seconds) == (1, 4, 400.0)


def test_the_draw_that_crosses_the_budget_counts_in_nats_bench():
    outcome = search(_Task(settings(450.0, "count"), VALUES))
    assert (outcome.architecture, outcome.evaluated, outcome.simulated_seconds) == (4, 5, 500.0)


def test_a_budget_that_is_met_exactly_ends_the_search():
    for task in (settings(300.0, "drop"), settings(300.0, "count")):
        outcome = search(_Task(task, VALUES))
        assert (outcome.evaluated, outcome.simulated_seconds) == (3, 300.0)


def test_every_new_best_is_recorded_with_its_time():
    task = _Task(settings(500.0), VALUES)
    search(task)
    assert task.recorded == [(0, 10.0, 100.0), (1, 50.0, 200.0), (4, 90.0, 500.0)]


def test_the_score_is_the_short_trainings():
    task = _Task(settings(300.0), VALUES)
    search(task)
    assert {query.epochs for query in task.asked} == {12}


def test_the_score_is_of_one_drawn_training():
    task = _Task(settings(700.0), VALUES, seeds=[111, 777])
    search(task)
    assert {query.seed for query in task.asked} == {111, 777}


def test_without_single_trainings_the_score_is_their_mean():
    task = _Task(settings(700.0), VALUES, seeds=[])
    search(task)
    assert {query.seed for query in task.asked} == {None}


def test_a_budget_too_small_for_one_training():
    with pytest.raises(UserError, match="ends before the first architecture is trained"):
        search(_Task(settings(50.0, "drop"), VALUES))


def test_a_rehearsal_asks_what_the_search_will_ask():
    task: Any = _Task(settings(), VALUES, seeds=[111])
    RandomSearch().rehearse(task)
    assert task.asked == [Query("digits", "valid", 12, 111)]
    assert task.recorded == []


@pytest.mark.parametrize(
    ("budget", "message"),
    [(0.0, "no budget is known"), (-1.0, "time_budget_seconds must be above 0")],
)
def test_no_budget(budget, message):
    with pytest.raises(ValueError, match=message):
        settings(budget)


def test_a_budget_in_mean_costs_pays_for_as_many_mean_draws():
    asked = RandomSearch.Settings(budget_in_mean_costs=3.5, score_epochs=12, overshoot="drop")
    outcome = search(_Task(asked, VALUES))
    assert (outcome.evaluated, outcome.simulated_seconds) == (3, 300.0)
