"""The results of trainings as arrays, one row per topology."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from harness.trials.record import CostResult, Record, TrainResult


@dataclass(frozen=True)
class Trainings:
    """What was measured of some topologies, each given by its representative's index."""

    index: np.ndarray
    """Shape (n,)."""
    valid: np.ndarray
    """Images classified correctly after each epoch; shape (n, seeds, epochs)."""
    test: np.ndarray
    """Images classified correctly at the end; shape (n, seeds)."""
    seconds: np.ndarray
    """CPU seconds of one seed's share of the training; shape (n,)."""


@dataclass(frozen=True)
class Timings:
    """What trainings of some topologies cost on an otherwise idle processor."""

    index: np.ndarray
    """Shape (n,)."""
    epoch: np.ndarray
    """CPU seconds of training for an epoch; shape (n,)."""
    validation: np.ndarray
    """CPU seconds of one pass over the validation images; shape (n,)."""


def gather_trainings(indices: Sequence[int], records: Sequence[Record]) -> Trainings:
    """Gather the finished trainings of topologies; a record per index."""
    found = [
        (index, record.result)
        for index, record in zip(indices, records, strict=True)
        if isinstance(record.result, TrainResult)
    ]
    return Trainings(
        np.array([index for index, _ in found], dtype=np.int32),
        np.array([result.valid for _, result in found], dtype=np.uint32),
        np.array([result.test for _, result in found], dtype=np.uint32),
        np.array([result.cpu_seconds for _, result in found], dtype=np.float32),
    )


def gather_timings(indices: Sequence[int], records: Sequence[Record]) -> Timings:
    """Gather the costs of topologies that were timed; a record per index."""
    found = [
        (index, record.result)
        for index, record in zip(indices, records, strict=True)
        if isinstance(record.result, CostResult)
    ]
    return Timings(
        np.array([index for index, _ in found], dtype=np.int32),
        np.array([result.epoch for _, result in found], dtype=np.float32),
        np.array([result.validation for _, result in found], dtype=np.float32),
    )
