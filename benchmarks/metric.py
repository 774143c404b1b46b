"""What a network is measured in: accuracy, perplexity, ...

Every comparison of two values and every word about them goes through a `Metric`, so that nothing
else assumes percent or that higher is better.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from benchmarks.errors import UserError, unknown


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
    def plural(self) -> str:
        """The name of several values: `accuracies`."""
        return f"{self.name[:-1]}ies" if self.name.endswith("y") else f"{self.name}s"

    @property
    def label(self) -> str:
        """The name with its unit, for an axis: `accuracy, %`."""
        return f"{self.name}, {self.unit}" if self.unit else self.name

    @property
    def in_words(self) -> str:
        """The name with its unit, for a caption: `accuracy in percent`."""
        unit = {"%": "percent"}.get(self.unit, self.unit)
        return f"{self.name} in {unit}" if unit else self.name

    @property
    def difference_unit(self) -> str:
        """The unit of a difference of two values: `points` where the values are percentages."""
        return "points" if self.unit == "%" else self.unit

    @property
    def sign(self) -> int:
        """1 where higher is better, otherwise -1: `sign * value` is always better when higher."""
        return 1 if self.higher_is_better else -1

    @property
    def improved(self) -> str:
        """What a value did that became better: `rose`."""
        return "rose" if self.higher_is_better else "dropped"

    @property
    def worsened(self) -> str:
        """What a value did that became worse: `dropped`."""
        return "dropped" if self.higher_is_better else "rose"

    @property
    def worsening(self) -> str:
        """A change for the worse: `drop`."""
        return "drop" if self.higher_is_better else "rise"

    def is_better(self, value: float, other: float) -> bool:
        """Return whether a value is strictly better than another; NaN is never better."""
        return self.sign * value > self.sign * other

    def gain(self, value: float, other: float) -> float:
        """Return by how much a value is better than another; negative if it is worse."""
        return self.sign * (value - other)

    def best(self, values: Sequence[float]) -> int:
        """Return the position of the best value, the first among equals."""
        return max(range(len(values)), key=lambda place: self.sign * values[place])

    def worst_of(self, values: Sequence[float]) -> float:
        """Return the worst value."""
        return min(values, key=lambda value: self.sign * value)

    def digits(self, value: float) -> str:
        """Return a value with its decimals, such as `94.37`."""
        return f"{value:.{self.decimals}f}"

    def text(self, value: float) -> str:
        """Return a value with its decimals and unit, such as `94.37 %`."""
        return f"{self.digits(value)} {self.unit}".rstrip()


ACCURACY = Metric("accuracy", "%", higher_is_better=True)
PERPLEXITY = Metric("perplexity", "", higher_is_better=False)

METRICS = {each.name: each for each in (ACCURACY, PERPLEXITY)}
"""By the name that data frames carry."""

EARLIER_NAMES = {
    "valid_accuracy": "valid_value",
    "test_accuracy": "test_value",
    "optimum_test_accuracy": "optimum",
    "search_train_accuracy": "search_train_value",
    "search_valid_accuracy": "search_valid_value",
}
"""Today's names of fields and columns by those from when accuracy was the only metric.

Files that were written under them are still read.
"""


def find_metric(name: str) -> Metric:
    """Return the metric of that name; UserError if there is none."""
    if name not in METRICS:
        raise unknown("metric", name, METRICS)
    return METRICS[name]


def register_metric(metric: Metric) -> None:
    """Make a metric known by its name.

    Raises:
        UserError: another metric has that name.
    """
    if METRICS.setdefault(metric.name, metric) != metric:
        raise UserError(
            f"Two metrics are named {metric.name}: {METRICS[metric.name]} and {metric}. "
            "Give one of them another name."
        )
