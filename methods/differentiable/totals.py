"""Losses and accuracies of an epoch, added up on the device and read once at its end."""

import torch
from torch import Tensor

from methods.method import PARTS


class Totals:
    """Sums over the samples of each part of the data since the last `clear`."""

    def __init__(self, device: torch.device):
        # Loss, correct answers and samples of each part; float64, since a float32 sum of counts
        # would stop at 2^24.
        self._sums = torch.zeros(len(PARTS), 3, dtype=torch.float64, device=device)

    def add(self, part: str, loss: Tensor, logits: Tensor, labels: Tensor) -> None:
        """Add a batch: its mean loss, logits (batch, classes) and labels (batch,)."""
        correct = (logits.detach().argmax(dim=1) == labels).sum()
        sums = self._sums[PARTS.index(part)]
        sums[0] += loss.detach() * len(labels)
        sums[1] += correct
        sums[2] += len(labels)

    def means(self) -> dict[str, float]:
        """Mean loss and accuracy (percent) of each part, NaN where it had no batch."""
        found = {}
        for part, (loss, correct, samples) in zip(PARTS, self._sums.tolist(), strict=True):
            found[f"{part}_loss"] = loss / samples if samples else float("nan")
            found[f"{part}_accuracy"] = 100 * correct / samples if samples else float("nan")
        return found

    def is_finite(self) -> bool:
        """Whether every loss so far was a number."""
        return bool(self._sums.isfinite().all())

    def clear(self) -> None:
        """Begin anew."""
        self._sums.zero_()

    def state(self) -> Tensor:
        """What to save."""
        return self._sums.clone()

    def restore(self, state: Tensor) -> None:
        """Go on where `state` was taken."""
        self._sums.copy_(state)
