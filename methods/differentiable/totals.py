"""Losses and accuracies of an epoch, added up on the device and read once at its end."""

import torch
from torch import Tensor

from methods.method import SEARCH_SPLITS


class Totals:
    """Sums over the samples of each split since the last `clear`."""

    def __init__(self, device: torch.device):
        # Loss, correct answers and samples of each split; float64, since a float32 sum of counts
        # would stop at 2^24.
        self._sums = torch.zeros(len(SEARCH_SPLITS), 3, dtype=torch.float64, device=device)

    def add(self, split: str, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add a batch: its mean loss, logits (batch, classes) and labels (batch,)."""
        correct = (logits.detach().argmax(dim=1) == labels).sum()
        sums = self._sums[SEARCH_SPLITS.index(split)]
        sums[0] += loss.detach() * len(labels)
        sums[1] += correct
        sums[2] += len(labels)

    def means(self) -> dict[str, float]:
        """Mean loss and accuracy (percent) of each split, NaN where it had no batch."""
        found = {}
        for split, (loss, correct, samples) in zip(SEARCH_SPLITS, self._sums.tolist(), strict=True):
            found[f"{split}_loss"] = loss / samples if samples else float("nan")
            found[f"{split}_accuracy"] = 100 * correct / samples if samples else float("nan")
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
