"""The papers' augmentation of small images, applied to a whole batch on its device.

Every sample is augmented independently, in the order of the NAS-Bench-201 code: flip, pad with
black and crop, scale to [0, 1], normalise. Noise, if the dataset has any, is added last.
"""

from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.random_numbers import normal

Triple = tuple[float, float, float]


@dataclass(frozen=True)
class Normalisation:
    """Mean and standard deviation of each colour channel, for pixel values in [0, 1]."""

    mean: Triple
    std: Triple

    def __call__(self, pixels: Tensor) -> Tensor:
        """Normalise uint8 (n, 3, side, side) to float32 of the same shape."""
        mean, std = (
            torch.tensor(values, device=pixels.device).view(3, 1, 1)
            for values in (self.mean, self.std)
        )
        return pixels.to(torch.float32).div(255).sub(mean).div(std)


def _from_bytes(mean: Triple, std: Triple) -> Normalisation:
    return Normalisation(*(tuple(value / 255 for value in values) for values in (mean, std)))  # type: ignore[arg-type]


NAS_BENCH_201 = {
    "cifar10": _from_bytes((125.3, 123.0, 113.9), (63.0, 62.1, 66.7)),
    "cifar100": _from_bytes((129.3, 124.1, 112.4), (68.2, 65.4, 70.4)),
}
"""AutoDL-Projects @ f46486e, xautodl/datasets/get_dataset_with_transform.py."""

DARTS = {
    "cifar10": Normalisation(
        (0.49139968, 0.48215827, 0.44653124), (0.24703233, 0.24348505, 0.26158768)
    ),
}
"""quark0/darts @ f276dd3, cnn/utils.py."""


@dataclass(frozen=True)
class Choices:
    """The random choices for the samples of a batch."""

    flips: Tensor
    """bool, shape (n,)."""
    corners: Tensor
    """int64, shape (n, 2): row and column of the crop in the padded image."""
    noise: Tensor | None
    """Of standard deviation 1, shape (n, 1, side, side); None without noise."""


@dataclass(frozen=True)
class Augmentation:
    """Random flip and crop, then normalisation."""

    normalisation: Normalisation
    padding: int = 4
    """Pixels added on each side before the crop."""
    flip_share: float = 0.5
    """Probability that a sample is flipped."""
    noise: float = 0.0
    """Standard deviation of the noise on every normalised pixel, equal in all channels."""

    def draw(self, count: int, side: int, rng: torch.Generator) -> Choices:
        """Draw the random choices for `count` images of `side` x `side` pixels.

        They are drawn on the generator's device, the host, so that they are the same on every
        device.
        """
        flips = torch.rand(count, generator=rng) < self.flip_share
        corners = torch.randint(2 * self.padding + 1, (count, 2), generator=rng)
        noise = normal(count, 1, side, side, rng=rng) if self.noise else None
        return Choices(flips, corners, noise)

    def apply(self, pixels: Tensor, choices: Choices) -> Tensor:
        """Augment uint8 (n, 3, side, side) by choices from `draw`; float32 of the same shape."""
        augmented = self.normalisation(self._cropped(pixels, choices.flips, choices.corners))
        if choices.noise is None:
            return augmented
        return augmented + self.noise * choices.noise.to(pixels.device)

    def _cropped(self, pixels: Tensor, flips: Tensor, corners: Tensor) -> Tensor:
        count, side, device = len(pixels), pixels.shape[-1], pixels.device
        padded = torch.nn.functional.pad(pixels, [self.padding] * 4)
        flips, corners = flips.to(device), corners.to(device)
        steps = torch.arange(side, device=device)
        rows = corners[:, :1] + steps
        columns = corners[:, 1:] + steps
        # A flip mirrors the padded image, so the crop is read backwards from the other side.
        last = side + 2 * self.padding - 1
        columns = torch.where(flips[:, None], last - columns, columns)
        return padded[
            torch.arange(count, device=device)[:, None, None, None],
            torch.arange(pixels.shape[1], device=device)[None, :, None, None],
            rows[:, None, :, None],
            columns[:, None, None, :],
        ]
