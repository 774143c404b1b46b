"""What the networks of a space are trained for: the loss of a batch, and the metric of a split."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from benchmarks.metric import ACCURACY, PERPLEXITY, Metric

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True)
class BatchLoss:
    """The loss of a batch, and what the metric of its split is computed from."""

    loss: Tensor
    """A scalar to differentiate: the mean over the batch."""
    total: Tensor
    """A scalar without gradient; added up over batches, it gives the metric."""
    samples: int
    """Images, tokens, ...: what the mean was taken over."""
    memory: Tensor | None = None
    """What the next batch of the split starts from, without gradient, such as a hidden state."""


class Objective(Protocol):
    """The objective of a space."""

    metric: Metric
    keeps_memory: bool
    """Whether a batch starts from where the one before it ended, such as a hidden state."""

    def loss(
        self,
        model: Callable[..., Tensor],
        batch: tuple[Tensor, Tensor],
        memory: Any,
        *,
        label_smoothing: float,
        step: str,
    ) -> BatchLoss:
        """Compute the loss of a batch.

        Args:
            model: maps inputs to outputs; a supernet with its mixture already given.
            batch: inputs and targets.
            memory: `BatchLoss.memory` of the batch before it; None at the start of an epoch.
            label_smoothing: share of a target that is spread over all classes.
            step: `weights` or `alpha`, since some terms belong to the weights alone.
        """
        ...

    def value(self, total: float, samples: float) -> float:
        """Return the metric of a split from the sums over its batches."""
        ...


class CrossEntropy:
    """Cross-entropy of logits (samples, classes); its members say what it is measured in."""

    metric: Metric
    keeps_memory = False

    def loss(
        self,
        model: Callable[..., Any],
        batch: tuple[Tensor, Tensor],
        memory: Any,
        *,
        label_smoothing: float,
        step: str,
    ) -> BatchLoss:
        """Return the mean cross-entropy; see `Objective.loss`."""
        from torch.nn import functional

        inputs, targets = batch
        logits, after = self.outputs(model, inputs, memory)
        loss = functional.cross_entropy(logits, targets, label_smoothing=label_smoothing)
        return BatchLoss(loss, self.total(logits.detach(), targets), len(targets), after)

    def outputs(
        self, model: Callable[..., Any], inputs: Tensor, memory: Any
    ) -> tuple[Tensor, Tensor | None]:
        """Return the logits, and the memory after them."""
        return model(inputs), None

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Return what the metric adds up over a batch, a scalar."""
        raise NotImplementedError


class Classification(CrossEntropy):
    """Measured in accuracy."""

    metric = ACCURACY

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Count the correct answers."""
        return (logits.argmax(dim=1) == targets).sum()

    def value(self, total: float, samples: float) -> float:
        """Return the percentage of correct answers."""
        return 100 * total / samples


class LanguageModel(CrossEntropy):
    """Cross-entropy of the next token, measured in perplexity.

    The model takes the hidden state as `memory=` and returns (logits, hidden state).
    """

    metric = PERPLEXITY
    keeps_memory = True

    def outputs(
        self, model: Callable[..., Any], inputs: Tensor, memory: Any
    ) -> tuple[Tensor, Tensor | None]:
        """Return the logits, and the hidden state cut off from the graph of this batch."""
        logits, after = model(inputs, memory=memory)
        return logits, after.detach()

    def total(self, logits: Tensor, targets: Tensor) -> Tensor:
        """Sum the plain cross-entropy, which no label smoothing touches."""
        from torch.nn import functional

        return functional.cross_entropy(logits, targets, reduction="sum")

    def value(self, total: float, samples: float) -> float:
        """Return the exponential of the mean cross-entropy; infinite where it overflows."""
        mean = total / samples
        return math.inf if mean >= 700 else math.exp(mean)
