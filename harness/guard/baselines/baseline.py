"""The contents of a baseline: past results, with everything that they depend on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from benchmarks.errors import unknown
from benchmarks.metric import ACCURACY, Metric
from harness.guard.probes.ten_steps import Step

FORMAT: Literal[2] = 2


@dataclass(frozen=True)
class RecordedSearch:
    """The result of one search, in the metric of the baseline."""

    seed: int
    valid_value: float | None
    """None if the table has no value on validation data."""
    test_value: float
    architecture: str


@dataclass(frozen=True)
class ShortSearch:
    """The result of one short search; `harness.guard.probes.short_search`."""

    seed: int
    architecture: str | None
    """None if environments disagree on it, so that it cannot be compared."""
    spread: float
    """Largest difference of any number in alpha and similar arrays between environments."""
    margin: float | None
    """Alpha's lead of the best operation over the second best, on the closest edge; None if the
    method has no alpha."""


@dataclass(frozen=True)
class MethodBaseline:
    """Everything that is recorded of one method."""

    version: str
    settings: Mapping[str, Any]
    """Resolved protocol, overrides included."""
    overrides: str
    """User's changes of the protocol, as KEY=VALUE,...; '' without any."""
    arithmetic: Mapping[str, Any]
    searches: tuple[RecordedSearch, ...]
    """Ordered by seed."""
    short_searches: tuple[ShortSearch, ...]
    ten_steps: tuple[Step, ...]


@dataclass(frozen=True)
class HistoryEntry:
    """The recording of a baseline or one update of it."""

    date: str
    """YYYY-MM-DD, UTC."""
    reason: str
    layers: tuple[str, ...]
    methods: tuple[str, ...]
    commit: str | None
    """Of the harness, if it runs from a checkout."""


@dataclass(frozen=True)
class Baseline:
    """A recorded baseline."""

    space: str
    space_version: str
    search_dataset: str
    protocol: str
    table: str
    table_version: str
    table_sha256: str
    first_look: tuple[int, ...]
    """Seeds whose results are compared with the recorded ones."""
    second_look: tuple[int, ...]
    """Seeds that are run once, if the first look sees a change."""
    level: float
    """Chance of a false alarm of the statistics layer in a run of the guard, for normally
    distributed values."""
    delta: float
    """Change for the worse that does not matter, in the unit of the metric's differences."""
    environment: Mapping[str, str]
    """Where the ten steps were computed; `harness.guard.environments.environment`."""
    environments_tried: tuple[str, ...]
    """Where the short searches were computed."""
    packages: Mapping[str, str]
    """Package versions of the recorded searches."""
    history: tuple[HistoryEntry, ...]
    """Oldest first."""
    metric: Metric = ACCURACY
    """What the searches are measured in; files that do not say hold accuracies."""
    methods: Mapping[str, MethodBaseline] = field(default_factory=dict)
    format: Literal[2] = FORMAT

    @property
    def seeds(self) -> tuple[int, ...]:
        """Recorded seeds, the same for every method."""
        first = next(iter(self.methods.values()))
        return tuple(each.seed for each in first.searches)

    def select(self, names: Sequence[str] | None) -> dict[str, MethodBaseline]:
        """Return the named methods, or all if none are named.

        Raises:
            UserError: a name is not in the baseline.
        """
        for name in names or ():
            if name not in self.methods:
                raise unknown("method of the baseline", name, self.methods)
        return {name: each for name, each in self.methods.items() if not names or name in names}
