"""A search task for checking methods: a few synthetic images, float64, all in memory."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import torch

from benchmarks.datasets import Dataset
from benchmarks.datasets.augmentation import Augmentation, Normalisation
from benchmarks.datasets.batches import BatchStream
from benchmarks.datasets.images import Images
from benchmarks.metric import ACCURACY, Metric
from benchmarks.spaces import SPACES
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from benchmarks.tables.query import Query
from harness.settings.resolution import resolve
from harness.trials import seeds
from harness.trials.seeds import Streams
from methods.method import SEARCH_SPLITS, Method, Score

_BATCH_SIZE = 6
_CHANNELS = 4
_CLASSES = 3
_SECONDS_A_TRAINING = 100.0


def settings_of(method: type[Method], space: str = NAS_BENCH_201.name, **changes: Any) -> Any:
    """Return a method's `common` settings on the smallest supernet of a space, with changes.

    Raises:
        UserError: the method has no such protocol, or a value does not fit.
    """
    there: Any = SPACES[space]
    small = {} if there.supernet is None else there.SupernetSettings.short(_CHANNELS)
    wanted = {**small, "batch_size": _BATCH_SIZE, **changes}
    overrides = {name: str(value) for name, value in wanted.items()}
    return resolve(method, space, "cifar10", "common", overrides).settings


@dataclass
class FakeTask:
    """Implements `methods.method.Task` without trial, table or disk.

    The classes of its images differ in colour, so that a method can learn something. Accuracies are
    synthetic: a function of the architecture's text.
    """

    settings: Any
    seed: int = 7
    saved: Any = None
    """What the last `save` kept: `state`, which `load` returns, and that of the random streams."""
    is_save_due: bool = False
    on_save: Callable[[], None] = lambda: None
    """Called after each `save`."""
    logged: list[dict[str, Any]] = field(default_factory=list)
    """What the method recorded, in order."""
    has_scored: bool = False
    """Whether the method has used anything of a table."""
    space: Any = NAS_BENCH_201
    metric: Metric = ACCURACY
    images: int = 40
    side: int = 8
    """Of an image, in pixels."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: torch.dtype = torch.float64

    @property
    def dataset(self) -> Dataset:
        """Three classes of synthetic images."""
        return Dataset("made", _CLASSES, self.side)

    @cached_property
    def _streams(self) -> Streams:
        return Streams(lambda name: (self.seed, name))

    def rng(self, stream: str) -> np.random.Generator:
        return self._streams.numpy(stream)

    def generator(self, stream: str) -> torch.Generator:
        return self._streams.torch(stream)

    def batches(
        self,
        split: str,
        *,
        data_split: str,
        batch_size: int,
        with_replacement: bool = False,
        augmented: bool = True,
    ) -> BatchStream:
        """The first half of the images for the weights, the second for alpha."""
        rng = seeds.torch_generator(self.seed, "images")
        labels = torch.randint(_CLASSES, (self.images,), generator=rng)
        pixels = torch.randint(128, (self.images, 3, self.side, self.side), generator=rng)
        pixels[torch.arange(self.images), labels] += 100
        half = torch.arange(self.images).chunk(2)[SEARCH_SPLITS.index(split)]
        return BatchStream(
            Images(pixels.to(torch.uint8), labels).to(self.device),
            half,
            batch_size,
            Augmentation(
                Normalisation((0.4, 0.4, 0.4), (0.2, 0.2, 0.2)),
                padding=int(augmented),
                flip_share=augmented / 2,
            ),
            order=seeds.torch_generator(self.seed, f"{split} order"),
            choices=seeds.torch_generator(self.seed, f"{split} choices"),
            with_replacement=with_replacement,
        )

    def validation(self, epochs: int) -> Query:
        self.has_scored = True
        return Query("made", "valid", epochs, None)

    def training_seeds(self, architecture: Any, query: Query) -> list[int]:
        """No single trainings: only means."""
        self.has_scored = True
        return []

    def score(self, architecture: Any, query: Query) -> Score:
        """A synthetic accuracy, a function of the architecture's text."""
        self.has_scored = True
        accuracy = seeds.generator("made accuracy", architecture).uniform(10, 95)
        return Score(float(accuracy), _SECONDS_A_TRAINING)

    def mean_seconds(self, query: Query) -> float:
        self.has_scored = True
        return _SECONDS_A_TRAINING

    def log(
        self,
        architecture: Any,
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        **measured: float,
    ) -> None:
        """Keep it in `logged`."""
        self.logged.append({"architecture": architecture, "arrays": arrays, **measured})

    def load(self) -> Any:
        if self.saved is None:
            return None
        self._streams.restore(self.saved["streams"])
        return self.saved["state"]

    def save(self, state: Any) -> None:
        """Keep a copy, through a file and without pickles, as the harness does."""
        file = io.BytesIO()
        torch.save({"state": state, "streams": self._streams.state()}, file)
        file.seek(0)
        self.saved = torch.load(file, weights_only=True)
        self.on_save()
