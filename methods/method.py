"""What a search method is, and what a task offers it.

A method is one class: a name, a version, its settings, whether a space suits it, and the search.
It knows a benchmark only through its task.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cache
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.datasets.splits import DataSplit
from benchmarks.errors import UserError
from benchmarks.metric import Metric
from benchmarks.spaces.space import SearchSpace
from benchmarks.tables.query import Query

if TYPE_CHECKING:
    import torch

    from benchmarks.datasets.batches import BatchStream


SEARCH_SPLITS = ("search_train", "search_valid")
"""The splits of the training images in a search: for the weights, and for alpha."""


class Diverged(Exception):
    """Loss or alpha became NaN or infinite, which is a result; the text says when."""


@dataclass(frozen=True)
class Score:
    """The score of an architecture, and its cost."""

    value: float
    """On validation data, in the task's metric."""
    seconds: float
    """Cost of training and validation, on the table's clock."""


@dataclass(frozen=True)
class Outcome:
    """The result of a search."""

    architecture: Any
    simulated_seconds: float | None = None
    """On the table's clock; None where the search did not use it."""
    evaluated: int = 0
    """Number of architectures scored."""


class Task(Protocol):
    """A search task: a space, a dataset, a seed, and what a method may ask for."""

    @property
    def space(self) -> SearchSpace:
        """The space to search."""
        ...

    @property
    def dataset(self) -> Dataset:
        """The dataset to search on."""
        ...

    @property
    def metric(self) -> Metric:
        """What scores are measured in, and which of two is better."""
        ...

    @property
    def settings(self) -> Any:
        """The method's settings, resolved; and those of the space, if it trains a supernet."""
        ...

    @property
    def device(self) -> "torch.device":
        """The device to compute on."""
        ...

    @property
    def dtype(self) -> "torch.dtype":
        """The floating-point type to compute in."""
        ...

    def rng(self, stream: str) -> np.random.Generator:
        """Return the generator of a named random stream, seeded by the trial's seed.

        Each call returns the same generator. `save` keeps its state, and `load` restores it.
        """
        ...

    def generator(self, stream: str) -> "torch.Generator":
        """Return the same for torch, on the host, so that every device sees the same draws."""
        ...

    def batches(
        self,
        split: str,
        *,
        data_split: DataSplit,
        batch_size: int,
        with_replacement: bool = False,
        augmented: bool = True,
    ) -> "BatchStream":
        """Return a stream of training images of the search dataset, on the task's device.

        Args:
            split: `search_train`, the images for the weights, or `search_valid`, those for alpha.
            data_split: rule by which the training set is divided into the two.
            batch_size: images in a batch.
            with_replacement: draw every image independently, instead of each once per pass.
            augmented: flip and crop the images, besides normalising them.

        Raises:
            UserError: the images are missing, or too few.
        """
        ...

    def validation(self, epochs: int) -> Query:
        """Return the query for the value on validation data, mean over training seeds."""
        ...

    def training_seeds(self, architecture: Any, query: Query) -> list[int]:
        """Return the training seeds that the table has; empty if it has only their mean."""
        ...

    def score(self, architecture: Any, query: Query) -> Score:
        """Look up a value on validation data, with its cost on the table's clock."""
        ...

    def mean_seconds(self, query: Query) -> float:
        """Return the mean cost of a score over all architectures, on the table's clock."""
        ...

    def log(
        self,
        architecture: Any,
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        **measured: float,
    ) -> None:
        """Log the architecture that the search would end in now, with measurements.

        NaN is left out. `harness.storage.frames.HISTORY_COLUMNS` describes the names that reports
        know. `arrays` holds what has a shape, such as alpha by cell type.
        """
        ...

    def load(self) -> Any:
        """Return the last saved state, on the host, or None for a fresh start."""
        ...

    def save(self, state: Any) -> None:
        """Keep what the search needs to resume from here.

        Args:
            state: nested dicts and lists of tensors, numbers and strings.
        """
        ...

    @property
    def is_save_due(self) -> bool:
        """Whether it is time for another `save`."""
        ...


class Method(Protocol):
    """A search method. Its class is what the registry holds.

    A class may have four attributes beside those below: `host`, the name of the method whose
    `common` and `quick` protocols it uses if it has none; `facts`, the fixed choices that are not
    settings (see `facts_of`); `scores_on_table = True` if its search scores architectures on the
    table, which then identifies its trials; and `trains_supernet = True` if it builds the space's
    supernet, whose settings then join its own.
    """

    name: str
    version: str
    """Raised whenever a change moves the results."""
    uses_device: bool
    """Whether it computes on a device, so that the device is part of a trial's identity."""
    Settings: type
    """A frozen dataclass; the name of a field is its key in protocols and in `--set`."""

    @staticmethod
    def supports(space: SearchSpace) -> str | None:
        """Return the reason why the method cannot search that space, or None."""
        ...

    @staticmethod
    def expected_seconds(settings: Any, device: str, dataset: Dataset) -> float:
        """Estimate the seconds of one search of a dataset on a kind of device."""
        ...

    def rehearse(self, task: Task) -> None:
        """Ask the task for each kind of thing that the search needs, before any trial runs.

        Raises:
            UserError: the settings ask for what the task's table does not have.
        """
        ...

    def search(self, task: Task) -> Outcome:
        """Search the task's space."""
        ...


def scores_on_table(method: type[Method]) -> bool:
    """Return whether a method's search uses scores, or their costs, from a table."""
    return getattr(method, "scores_on_table", False)


def settings_class(method: type[Method], space: SearchSpace) -> Any:
    """Return the dataclass of a search's settings: the method's and, for a supernet, the space's.

    Raises:
        ValueError: on construction, where values do not fit each other.
    """
    of_space = getattr(space, "SupernetSettings", None)  # left out where there is no supernet
    if of_space is None or not getattr(method, "trains_supernet", False):
        return method.Settings
    return _joined(method.Settings, of_space)


@cache
def _joined(of_method: type[Any], of_space: type[Any]) -> Any:
    names = [{each.name for each in fields(kind)} for kind in (of_method, of_space)]
    if both := names[0] & names[1]:
        raise UserError(
            f"{', '.join(sorted(both))}: a setting of {of_method.__qualname__} and of the space's "
            f"{of_space.__qualname__}; rename one of them."
        )

    @dataclass(frozen=True, kw_only=True)
    class Settings(of_method, of_space):
        def __post_init__(self) -> None:
            for own in (of_space, of_method):  # neither knows of the other, so no super()
                check = getattr(own, "__post_init__", None)
                if check is not None:
                    check(self)

    return Settings


def facts_of(method: type[Method]) -> dict[str, Any]:
    """What a method always does, by the key under which a protocol may ask for something else.

    A class states it as `facts` on top of those of its bases. What is a setting is no fact.
    """
    stated = {
        key: value
        for kind in reversed(method.__mro__)
        for key, value in vars(kind).get("facts", {}).items()
    }
    settings = {each.name for each in fields(method.Settings)}
    return {key: fact for key, fact in stated.items() if key not in settings}
