"""Topologies trained and timed on one dataset."""

import time
from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch

from benchmarks.datasets import Dataset
from benchmarks.datasets.image_file import images_of
from benchmarks.spaces import SPACES
from benchmarks.training.protocol import evaluations_per_image
from benchmarks.training.timing import measure_cost
from benchmarks.training.training import Examples, noisy_copies, train
from harness.tabulation.shards import Tabulation, Timings, Trainings


class Trainer:
    """Trains topologies for one tabulation, each given by its representative's index."""

    def __init__(self, source: Dataset, tabulation: Tabulation):
        torch.set_num_threads(1)  # parallelism is over topologies, and results do not depend on it
        torch.use_deterministic_algorithms(True)
        images = images_of(source)
        self._space, self._dataset = SPACES[tabulation.space], source
        self._settings, self._seeds = tabulation.protocol, tabulation.seeds
        pixels = torch.from_numpy(images.normalised())
        labels = torch.from_numpy(images.labels)
        self._splits = {
            name: Examples(pixels[indices], labels[indices])
            for name, indices in images.splits.items()
        }
        for name in ("valid", "test"):
            copies = evaluations_per_image(name, source.noise)
            self._splits[name] = noisy_copies(self._splits[name], name, source.noise, copies)

    def _network(self, index: int) -> Callable[[torch.Generator], torch.nn.Module]:
        """What builds a topology's network, drawing its weights from a generator."""
        return partial(
            self._space.network,
            self._space.architecture(index),
            self._dataset,
            channels=self._settings.channels,
            cells_per_stage=self._settings.cells_per_stage,
        )

    def time(self, indices: Sequence[int]) -> Timings:
        """What a training of each costs alone."""
        train, valid = self._splits["train"], self._splits["valid"]
        costs = [
            measure_cost(
                self._network(index), self._settings, train, valid, noise=self._dataset.noise
            )
            for index in indices
        ]
        return Timings(
            np.array(indices, dtype=np.int32),
            np.array([each.epoch for each in costs], dtype=np.float32),
            np.array([each.validation for each in costs], dtype=np.float32),
        )

    def train(self, indices: Sequence[int]) -> Trainings:
        """Train each once for every seed."""
        trained, seconds = [], []
        for index in indices:
            started = time.process_time()
            trained.append(
                train(
                    self._network(index),
                    self._settings,
                    **self._splits,
                    seeds=self._seeds,
                    noise=self._dataset.noise,
                )
            )
            seconds.append((time.process_time() - started) / len(self._seeds))
        return Trainings(
            np.array(indices, dtype=np.int32),
            np.stack([each.valid for each in trained]).astype(np.uint32),
            np.stack([each.test for each in trained]).astype(np.uint32),
            np.array(seconds, dtype=np.float32),
        )
