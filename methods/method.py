"""What a search method is, and what a task offers it.

A method is one class: a name, a version, its settings, whether a space suits it, and the search.
It knows a benchmark only through its task.
"""

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.datasets.splits import Split
from benchmarks.spaces.space import SearchSpace
from benchmarks.tables.query import Query

if TYPE_CHECKING:
    import torch

    from benchmarks.datasets.batches import BatchStream


PARTS = ("search_train", "search_valid")
"""The parts into which a search divides the training images: for the weights, and for alpha."""


class Diverged(Exception):
    """A search whose numbers are no longer numbers; the text says when. It is a result."""


@dataclass(frozen=True)
class Score:
    """What one look at an architecture told, and what it cost."""

    accuracy: float
    """Percent, on validation data."""
    seconds: float
    """On the table's clock: what it would have cost to train and validate it."""


@dataclass(frozen=True)
class Outcome:
    """What a search found."""

    architecture: Any
    simulated_seconds: float | None = None
    """On the table's clock; None where the search did not use it."""
    evaluated: int = 0
    """Architectures that were scored."""
    collapsed: bool = False
    """Whether what a gradient search found has no weights left; see `SearchSpace.is_collapsed`."""


class Task(Protocol):
    """One search to be done: a space, a dataset, a seed, and what may be asked of them."""

    @property
    def space(self) -> SearchSpace:
        """The space to search."""
        ...

    @property
    def dataset(self) -> Dataset:
        """The dataset to search on."""
        ...

    @property
    def settings(self) -> Any:
        """The method's own settings, resolved."""
        ...

    @property
    def device(self) -> "torch.device":
        """Where a method that computes does so."""
        ...

    @property
    def dtype(self) -> "torch.dtype":
        """The floating-point type in which it computes."""
        ...

    def rng(self, part: str) -> np.random.Generator:
        """A generator of its own for each named part, seeded by the trial's seed."""
        ...

    def generator(self, part: str) -> "torch.Generator":
        """The same as `rng` for torch, on the host, so that every device sees the same draws."""
        ...

    def batches(
        self,
        part: str,
        *,
        split: Split,
        batch_size: int,
        with_replacement: bool = False,
        augmented: bool = True,
    ) -> "BatchStream":
        """Training images of the search dataset on the task's device.

        Args:
            part: `search_train`, the images for weights, or `search_valid`, those for alpha.
            split: how the training set is divided into the two.
            batch_size: images in a batch.
            with_replacement: draw every image independently instead of each once in a pass.
            augmented: flip and crop them, and not only normalise them.

        Raises:
            UserError: the images are not here, or do not suffice.
        """
        ...

    def validation(self, epochs: int) -> Query:
        """The query for the search dataset's validation accuracy, as a mean over training seeds."""
        ...

    def training_seeds(self, architecture: Any, query: Query) -> list[int]:
        """The training seeds that the ground truth has; empty where it has only their mean."""
        ...

    def score(self, architecture: Any, query: Query) -> Score:
        """Look a validation accuracy up, with its cost on the table's clock."""
        ...

    def mean_seconds(self, query: Query) -> float:
        """The mean cost of a score over all architectures, on the table's clock."""
        ...

    def record(
        self,
        architecture: Any,
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        **measured: float,
    ) -> None:
        """Note the architecture that the search would end in now, with what was measured.

        NaN is left out. `harness.storage.frames.HISTORY_COLUMNS` describes the names that reports
        know. `arrays` holds what has a shape, such as alpha by cell type.
        """
        ...

    def load(self) -> Any:
        """What the search saved last, on the host, or None where it begins anew."""
        ...

    def save(self, state: Any) -> None:
        """Keep what the search needs to go on from here after a kill.

        Args:
            state: nested dicts and lists of tensors, numbers and strings.
        """
        ...

    @property
    def is_save_due(self) -> bool:
        """Whether so much time has gone by since the last `save` that it is time for another."""
        ...


class Method(Protocol):
    """A search method. Its class is what the registry holds."""

    name: str
    version: str
    """Goes up whenever a change moves its results."""
    uses_device: bool
    """Whether it computes on a device, so that the device is part of a trial's identity."""
    Settings: type
    """A frozen dataclass; each field names its protocol key by `setting`."""

    @staticmethod
    def supports(space: SearchSpace) -> str | None:
        """The reason why the method cannot search that space, or None."""
        ...

    @staticmethod
    def expected_seconds(settings: Any, device: str, dataset: Dataset) -> float:
        """About how long one search of a dataset takes on a kind of device, for the estimate."""
        ...

    def rehearse(self, task: Task) -> None:
        """Ask once for each kind of thing that the search will ask for, before any trial is run.

        Raises:
            UserError: the settings want what the task's ground truth does not have.
        """
        ...

    def search(self, task: Task) -> Outcome:
        """Search the task's space."""
        ...


def setting(protocol_key: str, default: Any = MISSING) -> Any:
    """A field of a method's settings whose value the protocols give under `protocol_key`.

    `{dataset}` in the key stands for the name of the search dataset.
    """
    return field(default=default, metadata={"protocol_key": protocol_key})
