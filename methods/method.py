"""What a search method is, and what a task offers it.

A method is one class: a name, a version, its settings, whether a space suits it, and the search.
It knows a benchmark only through its task.
"""

from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np

from benchmarks.spaces.space import SearchSpace
from benchmarks.truth.query import Query


@dataclass(frozen=True)
class Score:
    """What one look at an architecture told, and what it cost."""

    accuracy: float
    """Percent, on validation data."""
    seconds: float
    """On the table's clock: what it would have cost to train and validate it."""


@dataclass(frozen=True)
class Outcome:
    """What a search found."""

    architecture: Any
    simulated_seconds: float | None = None
    """On the table's clock; None where the search did not use it."""
    evaluated: int = 0
    """Architectures that were scored."""


class Task(Protocol):
    """One search to be done: a space, a dataset, a seed, and what may be asked of them."""

    @property
    def space(self) -> SearchSpace:
        """The space to search."""
        ...

    @property
    def settings(self) -> Any:
        """The method's own settings, resolved."""
        ...

    def rng(self, part: str) -> np.random.Generator:
        """A generator of its own for each named part, seeded by the trial's seed."""
        ...

    def validation(self, epochs: int) -> Query:
        """The query for the search dataset's validation accuracy, as a mean over training seeds."""
        ...

    def training_seeds(self, architecture: Any, query: Query) -> list[int]:
        """The training seeds that the ground truth has; empty where it has only their mean."""
        ...

    def score(self, architecture: Any, query: Query) -> Score:
        """Look a validation accuracy up, with its cost on the table's clock."""
        ...

    def record(self, architecture: Any, **measured: float) -> None:
        """Note the architecture that the search would end in now, with what was measured.

        Common names: `score` (validation accuracy that the search saw,
        percent), `simulated_seconds`.
        """
        ...


class Method(Protocol):
    """A search method. Its class is what the registry holds."""

    name: str
    version: str
    """Goes up whenever a change moves its results."""
    uses_device: bool
    """Whether it computes on a device, so that the device is part of a trial's identity."""
    Settings: type
    """A frozen dataclass; each field names its protocol key by `setting`."""

    @staticmethod
    def supports(space: SearchSpace) -> str | None:
        """The reason why the method cannot search that space, or None."""
        ...

    @staticmethod
    def expected_seconds(settings: Any) -> float:
        """About how long one search takes, for the estimate before a run."""
        ...

    def rehearse(self, task: Task) -> None:
        """Ask once for each kind of thing that the search will ask for, before any trial is run.

        Raises:
            UserError: the settings want what the task's ground truth does not have.
        """
        ...

    def search(self, task: Task) -> Outcome:
        """Search the task's space."""
        ...


def setting(protocol_key: str) -> Any:
    """A field of a method's settings whose value the protocols give under `protocol_key`.

    `{dataset}` in the key stands for the name of the search dataset.
    """
    return field(metadata={"protocol_key": protocol_key})
