"""Random search on a table: draw, score by a short training, keep the best, until time is up.

Protocol: Dong and Yang, "NAS-Bench-201", ICLR 2020, table 5 (12,000 simulated seconds on CIFAR-10,
500 runs: 93.70 +/- 0.36 test accuracy), and NATS-Bench (20,000 / 40,000 / 120,000 seconds).
Checked against: AutoDL-Projects @ f46486e, exps/NAS-Bench-201-algos/RANDOM.py and
exps/NATS-algos/random_wo_share.py.
Differs from that code: none known, where the table has its single trainings and the seconds of a
validation pass; the card of a table without them says so.
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Literal

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.errors import UserError
from benchmarks.spaces.space import SearchSpace
from benchmarks.tables.query import Query
from methods.method import Outcome, Score, Task

_SECONDS_A_DRAW = 4e-5  # of real time, measured on one core
_SIMULATED_SECONDS_A_DRAW = 110  # NAS-Bench-201's mean 12-epoch training on half of CIFAR-10


class RandomSearch:
    """Uniform draws with replacement under a budget of simulated time."""

    name = "random-search"
    version = "1"
    host = "random-search"
    uses_device = False
    scores_on_table = True
    facts: ClassVar[Mapping[str, Any]] = {
        "sampler": "uniform_per_edge",
        "score": "one_training",
        "score_cost": "training_and_validation",
        "select": "best_score",
    }

    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """Budget and fidelity."""

        time_budget_seconds: float = 0.0
        """Simulated seconds of training and validating; 0 for a budget in mean costs."""
        budget_in_mean_costs: float = 0.0
        """Budget in mean costs of a score, for tables without a published budget."""
        score_epochs: int
        """Epochs of the training whose value on validation data is the score."""
        overshoot: Literal["drop", "count"]
        """Whether the draw that crosses the budget counts."""

        def __post_init__(self):
            for name in ("time_budget_seconds", "budget_in_mean_costs"):
                if not 0 <= getattr(self, name) < math.inf:
                    raise ValueError(f"{name} must be above 0 and finite")
            if not (self.time_budget_seconds or self.budget_in_mean_costs):
                raise ValueError(
                    "no budget is known for this dataset; set time_budget_seconds or "
                    "budget_in_mean_costs"
                )

    @staticmethod
    def supports(space: SearchSpace) -> str | None:
        """Support every space; one without a table is refused when its table is opened."""
        return None

    @staticmethod
    def expected_seconds(settings: Settings, device: str, dataset: Dataset) -> float:
        """Estimate from the number of draws in the budget."""
        draws = settings.time_budget_seconds / _SIMULATED_SECONDS_A_DRAW
        return (draws or settings.budget_in_mean_costs) * _SECONDS_A_DRAW

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
        budget = settings.time_budget_seconds
        budget = budget or settings.budget_in_mean_costs * task.mean_seconds(query)
        best: tuple[Any, float] | None = None
        clock, evaluated = 0.0, 0
        while clock < budget:
            architecture = task.space.sample(sampling)
            score = self._score(task, architecture, query, choosing)
            crosses = clock + score.seconds > budget
            if crosses and settings.overshoot == "drop":
                break
            clock += score.seconds
            evaluated += 1
            if best is None or task.metric.is_better(score.value, best[1]):
                best = architecture, score.value
                task.log(architecture, score=score.value, simulated_seconds=clock)
        if best is None:
            raise UserError(
                f"A budget of {budget:g} simulated seconds ends before the "
                "first architecture is trained; raise it."
            )
        return Outcome(best[0], simulated_seconds=clock, evaluated=evaluated)

    @staticmethod
    def _score(task: Task, architecture: Any, query: Query, rng: np.random.Generator) -> Score:
        """Score by one training drawn from those of the table, or else by their mean."""
        seeds = task.training_seeds(architecture, query)
        if seeds:
            query = replace(query, seed=int(rng.choice(seeds)))
        return task.score(architecture, query)
