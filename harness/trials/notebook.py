"""Where a search notes its events and keeps its checkpoints."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

from harness.trials.record import Event

CHECKPOINT_FORMAT = 3


@dataclass(frozen=True)
class Checkpoint:
    """The state of a search at one moment."""

    state: Any
    """The method's own: nested dicts and lists of tensors, numbers and strings."""
    events: int
    """Number of events noted so far."""
    seconds: float
    """Real time spent so far."""
    streams: Mapping[str, Any] = field(default_factory=dict)
    """The states of the search's random streams; see `harness.trials.seeds.Streams`."""
    format: int = CHECKPOINT_FORMAT


class Notebook(Protocol):
    """Takes the events and checkpoints of a search, and returns the last checkpoint on resume."""

    def begin(self) -> Checkpoint | None:
        """Start the search; return the checkpoint to resume from, or None for a fresh start."""
        ...

    def note(self, event: Event) -> None:
        """Append an event."""
        ...

    def save(self, saved: Checkpoint) -> None:
        """Keep a checkpoint."""
        ...


class BlankNotebook:
    """A notebook that keeps nothing."""

    def begin(self) -> Checkpoint | None:
        """Start afresh."""
        return None

    def note(self, event: Event) -> None:
        """Drop the event."""

    def save(self, saved: Checkpoint) -> None:
        """Drop the checkpoint."""
