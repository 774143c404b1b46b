"""Losses and metrics of an epoch, added up on the device and read once at its end."""

import torch
from torch import Tensor

from benchmarks.spaces.objective import BatchLoss, Objective
from methods.method import SEARCH_SPLITS


class Totals:
    """Sums over the samples of each split since the last `clear`."""

    def __init__(self, objective: Objective, device: torch.device):
        self._objective = objective
        # Loss, the objective's total and samples of each split; float64, since a float32 sum of
        # counts would stop at 2^24.
        self._sums = torch.zeros(len(SEARCH_SPLITS), 3, dtype=torch.float64, device=device)

    def add(self, split: str, batch: BatchLoss) -> None:
        """Add a batch."""
        sums = self._sums[SEARCH_SPLITS.index(split)]
        sums[0] += batch.loss.detach() * batch.samples
        sums[1] += batch.total
        sums[2] += batch.samples

    def means(self) -> dict[str, float]:
        """Mean loss and metric of each split, NaN where it had no batch."""
        found, metric = {}, self._objective.metric.name
        for split, (loss, total, samples) in zip(SEARCH_SPLITS, self._sums.tolist(), strict=True):
            value = self._objective.value(total, samples) if samples else float("nan")
            found[f"{split}_loss"] = loss / samples if samples else float("nan")
            found[f"{split}_{metric}"] = value
        return found

    def is_finite(self) -> bool:
        """Whether every loss so far was a number."""
        return bool(self._sums.isfinite().all())

    def clear(self) -> None:
        """Start from zero."""
        self._sums.zero_()

    def state(self) -> Tensor:
        """What to save."""
        return self._sums.clone()

    def restore(self, state: Tensor) -> None:
        """Restore what `state` returned."""
        self._sums.copy_(state)
