"""The baseline file: what results were, with everything that they depend on.

It is JSON that a diff shows line by line. It is written by `python -m harness baseline` and moved
by `python -m harness guard --update --reason TEXT`, and by nothing else.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, Literal

from benchmarks.errors import UserError, unknown
from benchmarks.files.atomic import write_bytes
from harness.guard import layout
from harness.guard.ten_steps import Step

FORMAT: Literal[1] = 1


@dataclass(frozen=True)
class RecordedSearch:
    """What one search of a method ended in. Accuracies in percent."""

    seed: int
    valid_accuracy: float | None
    """None where the ground truth has none."""
    test_accuracy: float
    architecture: str


@dataclass(frozen=True)
class ShortSearch:
    """What a shortened search in float64 derives; see `harness.guard.structure`."""

    seed: int
    architecture: str | None
    """None where environments do not agree on it: nothing can be compared."""
    spread: float
    """The largest difference of any number in alpha, and its like, from this environment's."""
    margin: float | None
    """By how much alpha's best operation leads the second best, on the closest edge; None where the
    method has no alpha."""


@dataclass(frozen=True)
class MethodBaseline:
    """All that is recorded of one method."""

    version: str
    settings: Mapping[str, Any]
    """Its resolved protocol, overrides included."""
    overrides: str
    """What the user changed of the protocol, as KEY=VALUE,...; '' where nothing."""
    arithmetic: Mapping[str, Any]
    searches: tuple[RecordedSearch, ...]
    """In the order of their seeds."""
    short_searches: tuple[ShortSearch, ...]
    ten_steps: tuple[Step, ...]


@dataclass(frozen=True)
class Move:
    """One recording of the baseline."""

    date: str
    """YYYY-MM-DD, UTC."""
    reason: str
    layers: tuple[str, ...]
    methods: tuple[str, ...]
    commit: str | None
    """Of the harness, where it runs from a checkout."""


@dataclass(frozen=True)
class Baseline:
    """A recorded baseline."""

    space: str
    space_version: str
    search_dataset: str
    protocol: str
    truth: str
    truth_version: str
    truth_sha256: str
    first_look: tuple[int, ...]
    """Seeds whose results are compared with the recorded ones."""
    second_look: tuple[int, ...]
    """Seeds that are run, once, where the first look sees something."""
    level: float
    """The share of runs of the guard in which statistics raise a false alarm, if accuracies were
    normally distributed."""
    delta: float
    """A drop that does not matter, points."""
    environment: Mapping[str, str]
    """In which the ten steps were computed; see `harness.guard.environment`."""
    environments_tried: tuple[str, ...]
    """Between which the shortened searches agree."""
    packages: Mapping[str, str]
    """Versions of what the recorded searches ran with."""
    moves: tuple[Move, ...]
    """Every recording, the last one last."""
    methods: Mapping[str, MethodBaseline] = field(default_factory=dict)
    format: Literal[1] = FORMAT

    @property
    def seeds(self) -> tuple[int, ...]:
        """The seeds that every method was recorded with."""
        first = next(iter(self.methods.values()))
        return tuple(each.seed for each in first.searches)

    def of(self, names: list[str] | None) -> dict[str, MethodBaseline]:
        """The methods of those names, all of them where none are given.

        Raises:
            UserError: a name is not in the baseline.
        """
        for name in names or ():
            if name not in self.methods:
                raise unknown("method of the baseline", name, self.methods)
        return {name: each for name, each in self.methods.items() if not names or name in names}


def read(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        UserError: it is not there, or is no baseline of this version.
    """
    try:
        return _adapter().validate_json(path.read_bytes())
    except FileNotFoundError as error:
        raise UserError(
            f"There is no baseline {path}. Record one with "
            f"`python -m harness baseline RUNS --out {path}`."
        ) from error
    except ValueError as error:
        raise UserError(
            f"{path} is no baseline of this version of the harness, or was damaged. Take it back "
            "from version control, or record it anew."
        ) from error


def write(path: Path, baseline: Baseline) -> None:
    """Write a baseline file whole or not at all.

    Raises:
        UserError: it cannot be written.
    """
    content = json.loads(json.dumps(asdict(baseline)))  # tuples as lists
    write_bytes(path, (layout.text(content) + "\n").encode())


@cache
def _adapter() -> Any:
    import pydantic

    return pydantic.TypeAdapter(Baseline)
