"""An endless stream of shuffled batches, with a random state that can be saved and restored."""

from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor

from benchmarks.datasets.augmentation import Augmentation
from benchmarks.datasets.images import Images
from benchmarks.errors import UserError


class BatchStream:
    """Batches of one split of a dataset, reshuffled for each pass.

    The weights and alpha have a stream each. If the batch size does not divide the split, the last
    batch of a pass is smaller. A pass shows every image once or, with replacement, as many images
    drawn independently.

    Args:
        images: all images of the dataset, on the device of the batches.
        indices: indices of the split's images, shape (m,).
        batch_size: images per batch.
        augmentation: augmentation of each image.
        order: draws the order of the images.
        choices: draws the augmentation.
        with_replacement: draw every image independently.

    Raises:
        UserError: a batch is larger than the split.
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
                f"batch_size {batch_size} does not fit the {len(indices)} images of the split; "
                f"choose one from 1 to {len(indices)}."
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
        """Number of batches that show every image of the split once."""
        return -(-len(self._indices) // self._batch_size)

    def next(self) -> tuple[Tensor, Tensor]:
        """Return float32 images (batch, 3, side, side) and int64 labels (batch,)."""
        if self._position >= len(self._order):
            self._order = self._draw_order()
            self._position = 0
        chosen = self._order[self._position : self._position + self._batch_size]
        self._position += self._batch_size
        indices = self._indices[chosen].to(self._images.labels.device)
        pixels = self._images.pixels[indices]
        choices = self._augmentation.draw(len(indices), pixels.shape[-1], self._choices_rng)
        batch = self._augmentation.apply(pixels, choices)
        return batch, self._images.labels[indices]

    def _draw_order(self) -> Tensor:
        images = len(self._indices)
        if self._with_replacement:
            return torch.randint(images, (images,), generator=self._order_rng)
        return torch.randperm(images, generator=self._order_rng)

    def state(self) -> dict[str, Any]:
        """Return everything that later batches depend on, as tensors and numbers."""
        return {
            "order": self._order.clone(),
            "position": self._position,
            "order_rng": self._order_rng.get_state(),
            "choices_rng": self._choices_rng.get_state(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Continue from a state that `state()` returned."""
        self._order = state["order"].clone()
        self._position = state["position"]
        self._order_rng.set_state(state["order_rng"])
        self._choices_rng.set_state(state["choices_rng"])
