"""A search task for checking methods: a few made images, float64, everything in memory."""

import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch

from benchmarks.datasets import Dataset
from benchmarks.datasets.augmentation import Augmentation, Normalisation
from benchmarks.datasets.batches import BatchStream
from benchmarks.datasets.images import Images
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from benchmarks.tables.query import Query
from harness import protocol
from harness.trials import seeds
from methods.method import PARTS, Method, Score

_SMALL = {"channels": 4, "cells_per_stage": 1, "batch_size": 6}
_CLASSES = 3
_SECONDS_A_TRAINING = 100.0


def settings_of(method: type[Method], **changes: Any) -> Any:
    """The method's `common` settings on a small supernet, where it has one, with changes.

    Raises:
        UserError: the method has no such protocol, or a value does not fit.
    """
    overrides = {name: str(value) for name, value in {**_SMALL, **changes}.items()}
    return protocol.resolve(method, "nas-bench-201", "cifar10", "common", overrides).settings


@dataclass
class MadeTask:
    """See `methods.method.Task`.

    The classes of its images differ in colour, so that a method can learn something. The accuracy
    of an architecture is made up, and the same each time.
    """

    settings: Any
    seed: int = 7
    saved: Any = None
    """What `load` gives, and what `save` kept last."""
    is_save_due: bool = False
    on_save: Callable[[], None] = lambda: None
    """Called after each `save`."""
    records: list[dict[str, Any]] = field(default_factory=list)
    """What the method recorded, in order."""
    space: Any = NAS_BENCH_201
    images: int = 40
    side: int = 8
    """Of an image, in pixels."""
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: torch.dtype = torch.float64

    @property
    def dataset(self) -> Dataset:
        """Three classes of made images."""
        return Dataset("made", _CLASSES, self.side)

    def rng(self, part: str) -> np.random.Generator:
        """See `Task`."""
        return seeds.generator(self.seed, part)

    def generator(self, part: str) -> torch.Generator:
        """See `Task`."""
        return seeds.torch_generator(self.seed, part)

    def batches(
        self,
        part: str,
        *,
        split: str,
        batch_size: int,
        with_replacement: bool = False,
        augmented: bool = True,
    ) -> BatchStream:
        """The first half of the images for the weights, the second for alpha."""
        rng = self.generator("images")
        labels = torch.randint(_CLASSES, (self.images,), generator=rng)
        pixels = torch.randint(128, (self.images, 3, self.side, self.side), generator=rng)
        pixels[torch.arange(self.images), labels] += 100
        half = torch.arange(self.images).chunk(2)[PARTS.index(part)]
        return BatchStream(
            Images(pixels.to(torch.uint8), labels).to(self.device),
            half,
            batch_size,
            Augmentation(
                Normalisation((0.4, 0.4, 0.4), (0.2, 0.2, 0.2)),
                padding=int(augmented),
                flip_share=augmented / 2,
            ),
            order=self.generator(f"{part} order"),
            choices=self.generator(f"{part} choices"),
            with_replacement=with_replacement,
        )

    def validation(self, epochs: int) -> Query:
        """See `Task`."""
        return Query("made", "valid", epochs, None)

    def training_seeds(self, architecture: Any, query: Query) -> list[int]:
        """None: the made table has only means."""
        return []

    def score(self, architecture: Any, query: Query) -> Score:
        """An accuracy that the architecture's name decides."""
        accuracy = seeds.generator("made accuracy", architecture).uniform(10, 95)
        return Score(float(accuracy), _SECONDS_A_TRAINING)

    def mean_seconds(self, query: Query) -> float:
        """See `Task`."""
        return _SECONDS_A_TRAINING

    def record(
        self,
        architecture: Any,
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        **measured: float,
    ) -> None:
        """Keep it in `records`."""
        self.records.append({"architecture": architecture, "arrays": arrays, **measured})

    def load(self) -> Any:
        """See `Task`."""
        return self.saved

    def save(self, state: Any) -> None:
        """Keep a copy, through a file and without pickles, as the harness does."""
        file = io.BytesIO()
        torch.save(state, file)
        file.seek(0)
        self.saved = torch.load(file, weights_only=True)
        self.on_save()
