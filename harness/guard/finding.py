"""What a layer of the guard says of a method."""

from dataclasses import dataclass
from typing import Literal

Layer = Literal["bits", "structure", "statistics"]
LAYERS: tuple[Layer, ...] = ("bits", "structure", "statistics")
"""Cheapest first."""

State = Literal["kept", "moved", "unexplained", "not judged"]


@dataclass(frozen=True)
class Finding:
    """One layer's word on one method."""

    layer: Layer
    method: str
    state: State
    """`moved` makes the guard red. Reported, and green, are `unexplained`, an improvement that
    nobody claimed, and `not judged`, a change that too few recorded seeds cannot tell."""
    reason: str
    """One or two sentences: what was found, and what to do where something has to be done."""
    seconds: float = 0.0
    """That it took."""

    @property
    def is_red(self) -> bool:
        """Whether the guard fails by it."""
        return self.state == "moved"

    def __str__(self) -> str:
        """As the terminal shows it."""
        return f"{self.layer:10}  {self.method:13}  {self.state:11}  {self.reason}"
