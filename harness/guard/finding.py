"""The verdict of one layer on one method."""

from dataclasses import dataclass
from typing import Literal

Layer = Literal["bits", "structure", "statistics"]
LAYERS: tuple[Layer, ...] = ("bits", "structure", "statistics")
"""Cheapest first."""

State = Literal["kept", "moved", "unexplained", "not judged"]


@dataclass(frozen=True)
class Finding:
    """The verdict of one layer on one method."""

    layer: Layer
    method: str
    state: State
    """Only `moved` makes the guard red. `unexplained` is an improvement without a stated reason;
    `not judged` is a change that the recorded seeds are too few to confirm."""
    reason: str
    """What was found and, where action is needed, what to do."""
    seconds: float = 0.0
    """Time taken."""

    @property
    def is_red(self) -> bool:
        """Whether this finding fails the guard."""
        return self.state == "moved"

    def __str__(self) -> str:
        """Formatted for the terminal."""
        return f"{self.layer:10}  {self.method:13}  {self.state:11}  {self.reason}"
