"""What a network is measured in: accuracy, perplexity, ...

Every comparison of two values and every word about them goes through a `Metric`, so that nothing
else assumes percent or that higher is better.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Metric:
    """The name of a measured quantity, and how its values compare and read."""

    name: str
    """In running text and in the names of measurements, such as `accuracy`."""
    unit: str
    """`%`, or '' where the values have no unit."""
    higher_is_better: bool
    decimals: int = 2
    """Decimals of a value in tables."""

    @property
    def title(self) -> str:
        """The name with its unit, as the head of a column: `accuracy (%)`."""
        return f"{self.name} ({self.unit})" if self.unit else self.name

    @property
    def difference_unit(self) -> str:
        """The unit of a difference of two values: `points` where the values are percentages."""
        return "points" if self.unit == "%" else self.unit

    @property
    def sign(self) -> int:
        """1 where higher is better, otherwise -1: `sign * value` is always better when higher."""
        return 1 if self.higher_is_better else -1

    def is_better(self, value: float, other: float) -> bool:
        """Return whether a value is strictly better than another; NaN is never better."""
        return self.sign * value > self.sign * other

    def gain(self, value: float, other: float) -> float:
        """Return by how much a value is better than another; negative if it is worse."""
        return self.sign * (value - other)

    def best(self, values: Sequence[float]) -> int:
        """Return the position of the best value, the first among equals."""
        return max(range(len(values)), key=lambda place: self.sign * values[place])

    def text(self, value: float) -> str:
        """Return a value with its unit, such as `94.37 %`."""
        return f"{value:.{self.decimals}f} {self.unit}".rstrip()


ACCURACY = Metric("accuracy", "%", higher_is_better=True)
PERPLEXITY = Metric("perplexity", "", higher_is_better=False)
