"""Augmentation, pixel for pixel against torchvision's, one image at a time."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image
from torchvision.transforms import functional as reference

from benchmarks.datasets.augmentation import DARTS, NAS_BENCH_201, Augmentation

AUGMENTATION = Augmentation(NAS_BENCH_201["cifar10"])


def images_of(count: int, side: int = 32) -> torch.Tensor:
    rng = np.random.default_rng(0)
    return torch.from_numpy(rng.integers(0, 256, (count, 3, side, side), dtype=np.uint8))


def one_by_one(pixels, flips, corners, augmentation):
    """What the papers' code does: PIL images, one at a time."""
    made: list[torch.Tensor] = []
    padding = augmentation.padding
    for image, flip, (top, left) in zip(pixels, flips, corners.tolist(), strict=True):
        picture: Any = Image.fromarray(image.permute(1, 2, 0).numpy())
        if flip:
            picture = reference.hflip(picture)
        side = image.shape[-1]
        picture = reference.crop(reference.pad(picture, [padding]), top, left, side, side)
        normalisation = augmentation.normalisation
        made.append(
            reference.normalize(
                reference.to_tensor(picture), list(normalisation.mean), list(normalisation.std)
            )
        )
    return torch.stack(made)


@pytest.mark.parametrize(
    ("augmentation", "side"),
    [
        (AUGMENTATION, 32),
        (Augmentation(DARTS["cifar10"]), 32),
        (Augmentation(NAS_BENCH_201["cifar100"], padding=2), 16),
    ],
)
def test_a_batch_is_its_images_one_by_one(augmentation, side):
    pixels = images_of(64, side)
    choices = augmentation.draw(64, side, torch.Generator().manual_seed(1))
    found = augmentation.apply(pixels, choices)
    assert torch.equal(found, one_by_one(pixels, choices.flips, choices.corners, augmentation))


def test_every_corner_and_both_directions_are_drawn():
    choices = AUGMENTATION.draw(20_000, 32, torch.Generator().manual_seed(2))
    flips, corners = choices.flips, choices.corners
    assert flips.float().mean().item() == pytest.approx(0.5, abs=0.015)
    for axis in (0, 1):
        values, counts = corners[:, axis].unique(return_counts=True)
        assert values.tolist() == list(range(9))
        assert counts.min() > 0.9 * 20_000 / 9
    assert len(corners.unique(dim=0)) == 81


def test_samples_have_draws_of_their_own():
    pixels = images_of(1).expand(16, -1, -1, -1)
    choices = AUGMENTATION.draw(16, 32, torch.Generator().manual_seed(3))
    assert len(AUGMENTATION.apply(pixels, choices).flatten(1).unique(dim=0)) > 10


def test_noise_is_added_last_and_equal_in_all_channels():
    pixels = images_of(200, 8)
    plain = Augmentation(NAS_BENCH_201["cifar10"], padding=0, flip_share=0.0)
    noisy = replace(plain, noise=1.5)
    choices = noisy.draw(200, 8, torch.Generator().manual_seed(4))
    added = noisy.apply(pixels, choices) - plain.normalisation(pixels)
    assert added.std().item() == pytest.approx(1.5, rel=0.03)
    torch.testing.assert_close(added[:, 0], added[:, 2], atol=1e-5, rtol=0)
    assert plain.draw(200, 8, torch.Generator().manual_seed(4)).noise is None
