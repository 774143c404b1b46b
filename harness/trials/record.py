"""The records of trials, and the events of a search."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from benchmarks.metric import Metric
from harness.trials.trial import SearchTrial, TrainTrial, Trial

FORMAT: Literal[3] = 3

Array = float | list[float] | list[list[float]] | list[list[list[float]]]
"""Numbers as `numpy.ndarray.tolist` nests them, in up to three dimensions."""

State = Literal["done", "diverged", "failed", "oom", "interrupted"]


@dataclass(frozen=True)
class SearchResult:
    """What a finished search found."""

    architecture: str
    simulated_seconds: float | None = None
    """On the table's clock, never added to real time."""
    evaluated: int = 0
    """Architectures that the search scored."""
    collapsed: bool = False
    """A fact about the architecture; it stays in every mean."""


@dataclass(frozen=True)
class TrainResult:
    """What finished trainings reached, as numbers of images that are classified correctly."""

    valid: tuple[tuple[int, ...], ...]
    """After every epoch, by seed."""
    test: tuple[int, ...]
    """Once, after the last epoch, by seed."""
    cpu_seconds: float
    """Of one seed's share of the trainings, beside whatever else ran."""


@dataclass(frozen=True)
class CostResult:
    """What a training costs on an otherwise idle processor, in CPU seconds."""

    epoch: float
    """Of training for an epoch."""
    validation: float
    """Of one pass over the validation images."""


Result = SearchResult | TrainResult | CostResult


@dataclass(frozen=True)
class Record:
    """A trial that has ended, with its result or the reason for having none."""

    key: str
    trial: Trial
    """Every resolved setting with its provenance."""
    state: State
    seconds: float
    """Real time."""
    environment: Mapping[str, str]
    """Versions of the packages that may matter."""
    finished_at: datetime
    """UTC."""
    result: Result | None = None
    """None unless the state is `done`."""
    reason: str | None = None
    """Why the trial has no result."""
    traceback: str | None = None
    """Where in the code a failed trial failed."""
    peak_memory_mib: float | None = None
    """Of a trial that computes: on a GPU what its tensors took, on a CPU the largest resident size
    of the process that ran it."""
    device_name: str = ""
    """Name of the processor or GPU that computed, as the vendor gives it."""
    command: str = ""
    """Command that ran the trial."""
    commit: str | None = None
    """Of the harness, with '+' where the working tree differs from it."""
    format: Literal[3] = FORMAT


@dataclass(frozen=True)
class SearchRecord(Record):
    """The record of a search."""

    trial: SearchTrial
    result: SearchResult | None = None
    metric: Metric | None = None
    """What the space is measured in, so that results are read without its plug-in; None in records
    from before it was stated."""


@dataclass(frozen=True)
class TrainRecord(Record):
    """The record of trainings, or of what one costs."""

    trial: TrainTrial
    result: TrainResult | CostResult | None = None


@dataclass(frozen=True)
class Event:
    """One moment of a search, with the architecture it would end in."""

    architecture: str
    seconds: float
    """Real time since the search began."""
    measured: Mapping[str, float]
    """Whatever the method measured, by name; NaN is left out."""
    arrays: Mapping[str, Array] = field(default_factory=dict)
    """Arrays, such as alpha by cell type, as nested lists."""
