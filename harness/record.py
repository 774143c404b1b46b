"""A record: the only thing that leaves a trial."""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

FORMAT = 1
STATES = ("done", "diverged", "failed", "oom", "interrupted")


@dataclass(frozen=True)
class Evaluation:
    """The ground truth of the found architecture on one dataset. Accuracies in percent."""

    dataset: str
    valid_accuracy: float
    valid_query: str
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
    parameters: int
    macs: int
    """Multiply-accumulates for one image."""


@dataclass(frozen=True)
class Record:
    """The result of a trial, finished or failed."""

    key: str
    trial: Mapping[str, Any]
    """The whole `SearchTrial`: every resolved setting with its provenance."""
    state: str
    """One of `STATES`."""
    search_seconds: float
    """Real time."""
    datasets: tuple[str, ...]
    """On which the ground truth evaluates, also where the trial failed."""
    environment: Mapping[str, str]
    """Versions of the packages that may matter."""
    finished_at: str
    """ISO 8601, UTC."""
    reason: str | None = None
    """Why the trial is not done."""
    collapsed: bool = False
    """A fact about a finished search; it stays in every mean."""
    architecture: str | None = None
    simulated_seconds: float | None = None
    """On the table's clock, never added to real time."""
    evaluated: int = 0
    """Architectures that the search scored."""
    evaluations: tuple[Evaluation, ...] = ()
    truth_description: str = ""
    truth_notes: tuple[str, ...] = ()
    """What a reader of the ground truth's numbers must know."""
    command: str = ""
    """The command that ran the trial."""
    commit: str | None = None
    """Of the harness, '+' appended where its files differ from it."""
    format: int = field(default=FORMAT)

    def to_json(self) -> str:
        """The record as it lies on disk."""
        return json.dumps(asdict(self), indent=1)

    @classmethod
    def from_json(cls, text: str) -> "Record":
        """Read a record; ValueError or TypeError where the text is cut off or no record."""
        content = json.loads(text)
        if content.get("format") != FORMAT:
            raise ValueError(f"record format {content.get('format')}, not {FORMAT}")
        content["evaluations"] = tuple(Evaluation(**each) for each in content["evaluations"])
        for name in ("datasets", "truth_notes"):
            content[name] = tuple(content[name])
        return cls(**content)
