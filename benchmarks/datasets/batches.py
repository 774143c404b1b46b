"""An endless stream of shuffled batches, whose every random number can be saved and restored."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from benchmarks.datasets.augmentation import Augmentation
from benchmarks.datasets.images import Images
from benchmarks.errors import UserError


class BatchStream:
    """Batches over a part of a dataset, in an order that is drawn anew for each pass.

    Weights and alpha each take theirs from a stream of their own. A pass ends with a smaller batch
    where the part does not divide; the next batch begins the next pass. A pass shows every image
    once, or, with replacement, each time one that is drawn from all.

    Args:
        images: the dataset, on the device where the batches are wanted.
        indices: the part of it, shape (m,).
        batch_size: images in a batch.
        augmentation: what happens to each image.
        order: draws the order of images.
        choices: draws the augmentation.
        with_replacement: draw every image independently.

    Raises:
        UserError: a batch would be larger than the part.
    """

    def __init__(
        self,
        images: Images,
        indices: Tensor,
        batch_size: int,
        augmentation: Augmentation,
        *,
        order: torch.Generator,
        choices: torch.Generator,
        with_replacement: bool = False,
    ):
        if not 0 < batch_size <= len(indices):
            raise UserError(
                f"A batch of {batch_size} does not fit the {len(indices)} images of its part of "
                "the data; choose another batch_size."
            )
        self._images = images
        self._indices = indices.cpu()
        self._batch_size = batch_size
        self._augmentation = augmentation
        self._order_rng = order
        self._choices_rng = choices
        self._with_replacement = with_replacement
        self._order = torch.empty(0, dtype=torch.int64)
        self._position = 0

    @property
    def batches_per_pass(self) -> int:
        """How many batches show every image of the part once."""
        return -(-len(self._indices) // self._batch_size)

    def next(self) -> tuple[Tensor, Tensor]:
        """The next batch: float32 images (batch, 3, side, side) and int64 labels (batch,)."""
        if self._position >= len(self._order):
            self._order = self._drawn_order()
            self._position = 0
        chosen = self._order[self._position : self._position + self._batch_size]
        self._position += self._batch_size
        indices = self._indices[chosen].to(self._images.labels.device)
        pixels = self._images.pixels[indices]
        choices = self._augmentation.draw(len(indices), pixels.shape[-1], self._choices_rng)
        batch = self._augmentation.apply(pixels, choices)
        return batch, self._images.labels[indices]

    def _drawn_order(self) -> Tensor:
        images = len(self._indices)
        if self._with_replacement:
            return torch.randint(images, (images,), generator=self._order_rng)
        return torch.randperm(images, generator=self._order_rng)

    def state(self) -> dict[str, Any]:
        """Everything that the batches to come depend on, as tensors and numbers."""
        return {
            "order": self._order.clone(),
            "position": self._position,
            "order_rng": self._order_rng.get_state(),
            "choices_rng": self._choices_rng.get_state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on where `state` was taken."""
        self._order = state["order"].clone()
        self._position = state["position"]
        self._order_rng.set_state(state["order_rng"])
        self._choices_rng.set_state(state["choices_rng"])
