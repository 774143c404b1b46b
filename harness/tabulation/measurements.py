"""The results of trainings as arrays, one row per topology."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from harness.trials.record import CostResult, Record, TrainResult

Result = TypeVar("Result", TrainResult, CostResult)


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
    """Gather the finished trainings of topologies, a record per index."""
    results = _results(records, TrainResult)
    return Trainings(
        np.array(indices, dtype=np.int32),
        np.array([each.valid for each in results], dtype=np.uint32),
        np.array([each.test for each in results], dtype=np.uint32),
        np.array([each.cpu_seconds for each in results], dtype=np.float32),
    )


def gather_timings(indices: Sequence[int], records: Sequence[Record]) -> Timings:
    """Gather the finished timings of topologies, a record per index."""
    results = _results(records, CostResult)
    return Timings(
        np.array(indices, dtype=np.int32),
        np.array([each.epoch for each in results], dtype=np.float32),
        np.array([each.validation for each in results], dtype=np.float32),
    )


def _results(records: Sequence[Record], kind: type[Result]) -> list[Result]:
    return [record.result for record in records if isinstance(record.result, kind)]
