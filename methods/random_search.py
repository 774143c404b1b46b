"""Random search on a table: draw, score by a short training, keep the best, until time is up.

Protocol: Dong and Yang, "NAS-Bench-201", ICLR 2020, table 5 (12,000 simulated seconds on CIFAR-10,
500 runs: 93.70 +/- 0.36 test accuracy), and NATS-Bench (20,000 / 40,000 / 120,000 seconds).
Checked against: AutoDL-Projects @ f46486e, exps/NAS-Bench-201-algos/RANDOM.py and
exps/NATS-algos/random_wo_share.py.
Differs from that code: none known, where the table has its single trainings and the seconds of a
validation pass; the card of a table without them says so.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from benchmarks.errors import UserError
from benchmarks.spaces.space import SearchSpace
from benchmarks.truth.query import Query
from methods.method import Outcome, Score, Task, setting

_SECONDS_A_DRAW = 4e-5  # of real time, measured on one core
_SIMULATED_SECONDS_A_DRAW = 110  # NAS-Bench-201's mean 12-epoch training on half of CIFAR-10


class RandomSearch:
    """Uniform draws with replacement under a budget of simulated time."""

    name = "random-search"
    version = "1"
    uses_device = False

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """The protocol's free values."""

        time_budget_seconds: float = setting("time_budget_s_{dataset}")
        """Simulated seconds of training and validating."""
        score_epochs: int = setting("fidelity_hp")
        """Epochs of the training whose validation accuracy is the score."""
        overshoot: Literal["drop", "count"] = setting("overshoot")
        """What becomes of the draw that crosses the budget."""

        def __post_init__(self):
            if not 0 < self.time_budget_seconds < math.inf:
                raise ValueError("time_budget_seconds must be above 0 and finite")

    @staticmethod
    def supports(space: SearchSpace) -> str | None:
        """Any space with a table; a space without one is refused when its table is opened."""
        return None

    @staticmethod
    def expected_seconds(settings: Settings, device: str) -> float:
        """Proportional to the number of draws that the budget pays for."""
        return settings.time_budget_seconds / _SIMULATED_SECONDS_A_DRAW * _SECONDS_A_DRAW

    def rehearse(self, task: Task) -> None:
        """Score one architecture."""
        rng = task.rng("rehearsal")
        query = task.validation(task.settings.score_epochs)
        self._score(task, task.space.sample(rng), query, rng)

    def search(self, task: Task) -> Outcome:
        """Draw and score until the budget is spent; the best score wins."""
        settings: RandomSearch.Settings = task.settings
        sampling, choosing = task.rng("sampling"), task.rng("training seed")
        query = task.validation(settings.score_epochs)
        best, best_score = None, float("-inf")
        clock, evaluated = 0.0, 0
        while clock < settings.time_budget_seconds:
            architecture = task.space.sample(sampling)
            score = self._score(task, architecture, query, choosing)
            crosses = clock + score.seconds > settings.time_budget_seconds
            if crosses and settings.overshoot == "drop":
                break
            clock += score.seconds
            evaluated += 1
            if score.accuracy > best_score:
                best, best_score = architecture, score.accuracy
                task.record(architecture, score=score.accuracy, simulated_seconds=clock)
        if best is None:
            raise UserError(
                f"A budget of {settings.time_budget_seconds:g} simulated seconds ends before the "
                "first architecture is trained; set time_budget_seconds to a few hundred or more."
            )
        return Outcome(best, simulated_seconds=clock, evaluated=evaluated)

    @staticmethod
    def _score(task: Task, architecture: Any, query: Query, rng: np.random.Generator) -> Score:
        """The accuracy of one training drawn from those that the table has, else their mean."""
        seeds = task.training_seeds(architecture, query)
        if seeds:
            query = replace(query, seed=int(rng.choice(seeds)))
        return task.score(architecture, query)
