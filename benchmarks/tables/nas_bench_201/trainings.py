"""Conversion of one architecture's trainings from the official files to the values of a table.

Both official layouts hold the same nested dicts, one for each length of training: `state_dict` of
`ArchResults` and of `ResultsCount` in the packages `nas-bench-201` 2.1 (`nas_201_api/api_utils.py`)
and `nats-bench` 1.8 (`nats_bench/api_utils.py`). Costs (`params`, `flop`, `latency`) are ignored.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

import numpy as np

from benchmarks.spaces.nas_bench_201.architecture import Architecture
from benchmarks.tables.nas_bench_201.layout import IMAGES


@dataclass(frozen=True)
class Converted:
    """The values of one architecture, by column name."""

    values: dict[str, float] = field(default_factory=dict)
    """Accuracies in percent, losses and seconds; NaN where the source has no value."""
    curves: dict[str, np.ndarray] = field(default_factory=dict)
    """float32, one value per epoch, NaN for an epoch without evaluation."""


def convert(index: int, states: Mapping[int, Mapping[str, Any]]) -> Converted:
    """Convert one architecture.

    Args:
        index: the expected index.
        states: state of an `ArchResults`, by length of the trainings in epochs.

    Raises:
        ValueError: the state is of another architecture, or a training has another length.
        KeyError, TypeError, AttributeError: the state does not have the official layout.
    """
    converted = Converted()
    for epochs, state in states.items():
        if state["arch_str"] != str(Architecture.from_index(index)):
            raise ValueError(f"architecture {index} is {state['arch_str']}")
        for (dataset, seed), training in state["all_results"].items():
            if training["epochs"] != epochs:
                raise ValueError(f"{training['epochs']} epochs instead of {epochs}")
            _convert_training(converted, dataset, epochs, int(seed), training)
    return converted


def _convert_training(
    converted: Converted, dataset: str, epochs: int, seed: int, training: Mapping[str, Any]
) -> None:
    for split in ("train", *training["eval_names"]):
        if (dataset, split) not in IMAGES:
            raise ValueError(f"it evaluates {dataset} on {split}")
        if split == "train":
            keys: Sequence[Any] = range(epochs)
            metrics = ("train_acc1es", "train_losses", "train_times")
        else:
            keys = _evaluation_keys(split, epochs)
            metrics = ("eval_acc1es", "eval_losses", "eval_times")
        accuracy, loss, seconds = (_by_epoch(training[metric], keys) for metric in metrics)
        name = f"{dataset}/{split}/{epochs}/{seed}"
        converted.values[f"{name}/accuracy"] = float(accuracy[-1])
        converted.values[f"{name}/loss"] = float(loss[-1])
        converted.values[f"{name}/seconds"] = _seconds(split, seconds)
        converted.curves[f"{name}/accuracy-curve"] = accuracy.astype(np.float32)
        converted.curves[f"{name}/loss-curve"] = loss.astype(np.float32)


@cache
def _evaluation_keys(split: str, epochs: int) -> tuple[str, ...]:
    return tuple(f"{split}@{epoch}" for epoch in range(epochs))


def _by_epoch(values: Mapping[Any, float] | None, keys: Sequence[Any]) -> np.ndarray:
    # The benchmark's earliest trainings were evaluated on some splits only after the last epoch and
    # without timing: update_OLD_eval in both packages.
    values = values or {}
    return np.array([values.get(key, np.nan) for key in keys], dtype=np.float64)


def _seconds(split: str, by_epoch: np.ndarray) -> float:
    if split == "train":
        return float(by_epoch.sum())  # NaN if the time of any epoch is missing
    known = by_epoch[~np.isnan(by_epoch)]
    return float(known.mean()) if len(known) else np.nan
