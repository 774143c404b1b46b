"""The record of a trial, and the events of its search."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache
from typing import Any, Literal

from harness.trials.trial import SearchTrial

FORMAT: Literal[2] = 2

Array = float | list[float] | list[list[float]] | list[list[list[float]]]
"""Numbers as `numpy.ndarray.tolist` nests them, in up to three dimensions."""

State = Literal["done", "diverged", "failed", "oom", "interrupted"]


@dataclass(frozen=True)
class Evaluation:
    """The ground truth of the found architecture on one dataset. Accuracies in percent."""

    dataset: str
    valid_accuracy: float | None
    """None where the table has none."""
    valid_query: str | None
    """The exact key of the number: dataset, split, epochs, training seeds."""
    test_accuracy: float
    test_query: str
    optimum_test_accuracy: float
    """The best of the space under the same query."""
    regret: float
    """Points of test accuracy below the best of the space."""
    rank: int
    """1 for the best of the space."""
    percentile: float
    """Percent of the space with a lower test accuracy; ties count half."""
    share_as_good: float
    """Percent of the space with at least this test accuracy, itself included."""
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
    """Datasets of the table, also where the trial failed."""
    environment: Mapping[str, str]
    """Versions of the packages that may matter."""
    finished_at: datetime
    """UTC."""
    reason: str | None = None
    """Why the trial has no result."""
    traceback: str | None = None
    """Where in the code a failed trial failed."""
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
    """Name of the processor or GPU that computed, as the vendor gives it."""
    evaluations: tuple[Evaluation, ...] = ()
    table_description: str = ""
    table_notes: tuple[str, ...] = ()
    """Caveats about the table's numbers, printed as footnotes."""
    command: str = ""
    """Command that ran the trial."""
    commit: str | None = None
    """Of the harness, with '+' where the working tree differs from it."""
    format: Literal[2] = FORMAT

    def to_json(self) -> bytes:
        """Serialise the record as it is stored."""
        return _to_json(self, indent=1)

    @classmethod
    def from_json(cls, text: bytes) -> "Record":
        """Read a record.

        Raises:
            ValueError: the text is truncated, or not a record of this version.
        """
        return _adapter(Record).validate_json(text)


@dataclass(frozen=True)
class Event:
    """One moment of a search, with the architecture it would end in."""

    architecture: str
    seconds: float
    """Real time since the search began."""
    measured: Mapping[str, float]
    """Whatever the method measured, by name; NaN is left out."""
    test_accuracy: Mapping[str, float]
    """Ground truth of the architecture by dataset, percent. Never seen by the search."""
    arrays: Mapping[str, Array] = field(default_factory=dict)
    """Arrays, such as alpha by cell type, as nested lists."""

    def to_json(self) -> bytes:
        """Serialise the event as one line, without the newline."""
        return _to_json(self)

    @classmethod
    def from_json(cls, line: bytes) -> "Event":
        """Read an event; ValueError where the line is truncated or not an event."""
        return _adapter(Event).validate_json(line)


@cache
def _adapter(kind: type) -> Any:
    import pydantic

    return pydantic.TypeAdapter(kind)


def _to_json(value: Any, indent: int | None = None) -> bytes:
    import pydantic_core

    # JSON has no NaN and no infinity; strings are read back as the floats that they were.
    return pydantic_core.to_json(value, indent=indent, inf_nan_mode="strings")
