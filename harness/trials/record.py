"""A record: the only thing that leaves a trial."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Literal

from harness.trials.trial import SearchTrial

FORMAT: Literal[1] = 1

State = Literal["done", "diverged", "failed", "oom", "interrupted"]


@dataclass(frozen=True)
class Evaluation:
    """The ground truth of the found architecture on one dataset. Accuracies in percent."""

    dataset: str
    valid_accuracy: float | None
    """None where the ground truth knows none."""
    valid_query: str | None
    """The exact key of the number: dataset, split, epochs, training seeds."""
    test_accuracy: float
    test_query: str
    optimum_test_accuracy: float
    """The best of the space under the same query."""
    regret: float
    """Points of test accuracy missing to the best of the space."""
    rank: int
    """1 for the best of the space."""
    percentile: float
    """Percent of the space that is worse in test accuracy; equal ones count half."""
    share_as_good: float
    """Percent of the space that is at least as good in test accuracy, itself included."""
    parameters: int
    macs: int
    """Multiply-accumulates for one image."""


@dataclass(frozen=True)
class Record:
    """The result of a trial, finished or failed."""

    key: str
    trial: SearchTrial
    """Every resolved setting with its provenance."""
    state: State
    search_seconds: float
    """Real time."""
    datasets: tuple[str, ...]
    """On which the ground truth evaluates, also where the trial failed."""
    environment: Mapping[str, str]
    """Versions of the packages that may matter."""
    finished_at: datetime
    """UTC."""
    reason: str | None = None
    """Why the trial is not done."""
    collapsed: bool = False
    """A fact about a finished search; it stays in every mean."""
    architecture: str | None = None
    simulated_seconds: float | None = None
    """On the table's clock, never added to real time."""
    evaluated: int = 0
    """Architectures that the search scored."""
    peak_memory_mib: float | None = None
    """Of a search that computes: on a GPU what its tensors took, on a CPU the largest resident size
    of the process that ran it."""
    device_name: str = ""
    """The processor or the card that computed, in its maker's words."""
    evaluations: tuple[Evaluation, ...] = ()
    truth_description: str = ""
    truth_notes: tuple[str, ...] = ()
    """What a reader of the ground truth's numbers must know."""
    command: str = ""
    """The command that ran the trial."""
    commit: str | None = None
    """Of the harness, '+' appended where its files differ from it."""
    format: Literal[1] = FORMAT

    def to_json(self) -> bytes:
        """The record as it lies on disk."""
        return _adapter(Record).dump_json(self, indent=1)

    @classmethod
    def from_json(cls, text: bytes) -> "Record":
        """Read a record.

        Raises:
            ValueError: the text is cut off, or no record of this version.
        """
        return _adapter(Record).validate_json(text)


@dataclass(frozen=True)
class Event:
    """One moment of a search: the architecture that it would end in then."""

    architecture: str
    seconds: float
    """Of real time since the search began."""
    measured: Mapping[str, float]
    """Whatever the method measured, by name; what is no number is left out."""
    test_accuracy: Mapping[str, float]
    """Ground truth of the architecture by dataset, percent. The search never sees it."""
    arrays: Mapping[str, list[Any]] = field(default_factory=dict)
    """What has a shape, such as alpha by cell type, as nested lists."""

    def to_json(self) -> str:
        """The event as one line without its end."""
        return _adapter(Event).dump_json(self).decode()

    @classmethod
    def from_json(cls, line: str) -> "Event":
        """Read an event; ValueError where the line is cut off or none."""
        return _adapter(Event).validate_json(line)


@cache
def _adapter(kind: type) -> Any:
    import pydantic

    return pydantic.TypeAdapter(kind)
