"""A search task without a harness: a few seeded images, float64, everything in memory."""

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
from harness import protocol, seeds
from methods.method import PARTS, Method

SMALL = {"channels": 4, "cells_per_stage": 1, "batch_size": 6}
_CLASSES = 3


def settings_of(method: type[Method], **changes: Any) -> Any:
    """The method's `common` settings on a small supernet."""
    overrides = {name: str(value) for name, value in {**SMALL, **changes}.items()}
    return protocol.resolve(method, "nas-bench-201", "cifar10", "common", overrides).settings


@dataclass
class MadeTask:
    """See `methods.method.Task`. A method's classes of images differ in colour, so it can learn."""

    settings: Any
    seed: int = 7
    saved: Any = None
    """What `load` gives."""
    is_save_due: bool = False
    on_save: Callable[[], None] = lambda: None
    records: list[dict[str, Any]] = field(default_factory=list)
    space: Any = NAS_BENCH_201
    images: int = 40
    side: int = 8
    device: torch.device = field(default_factory=lambda: torch.device("cpu"))
    dtype: torch.dtype = torch.float64

    @property
    def dataset(self) -> Dataset:
        return Dataset("made", _CLASSES, self.side)

    def rng(self, part: str) -> np.random.Generator:
        return seeds.generator(self.seed, part)

    def generator(self, part: str) -> torch.Generator:
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

    def validation(self, epochs: int) -> Any:
        raise NotImplementedError

    def training_seeds(self, architecture: Any, query: Any) -> list[int]:
        raise NotImplementedError

    def score(self, architecture: Any, query: Any) -> Any:
        raise NotImplementedError

    def record(
        self,
        architecture: Any,
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        **measured: float,
    ) -> None:
        self.records.append({"architecture": architecture, "arrays": arrays, **measured})

    def load(self) -> Any:
        return self.saved

    def save(self, state: Any) -> None:
        """Keep a copy, through a file and without pickles, as the harness does."""
        file = io.BytesIO()
        torch.save(state, file)
        file.seek(0)
        self.saved = torch.load(file, weights_only=True)
        self.on_save()
