"""A step of the weights or of alpha, as the hook that makes its mixture sees it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from benchmarks.spaces.mixture import Mixture

if TYPE_CHECKING:
    import torch
    from torch import Tensor

T = TypeVar("T")


class Step:
    """One step: whose it is, its random numbers, and its batch.

    A step may take several passes (the second order takes four). What is drawn through `drawn` is
    drawn once and is the same in all of them.

    Attributes:
        of: `weights` or `alpha`: what the step trains.
        loss: the loss of the step's batch under a mixture, not counted; to be differentiated by
            perturbations that look for the worst mixture (SDARTS).
    """

    def __init__(
        self,
        of: Literal["weights", "alpha"],
        loss: Callable[[Mixture], Tensor],
        generator: Callable[[str], torch.Generator],
    ):
        self.of, self.loss = of, loss
        self._generator = generator
        self._drawn: dict[str, Any] = {}

    def drawn(self, stream: str, draw: Callable[[torch.Generator], T]) -> T:
        """Return what `draw` gives with the generator of that stream, once for the whole step."""
        if stream not in self._drawn:
            self._drawn[stream] = draw(self._generator(stream))
        return self._drawn[stream]
