"""What tests of the harness share beyond tests/conftest.py."""

from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.datasets.augmentation import Augmentation, Normalisation
from benchmarks.datasets.images import Images
from harness.trials import search_data
from tests.harness.guard.fake_results import recorded_baseline

_IMAGES, _SIDE = 96, 8


@pytest.fixture
def made_images(monkeypatch) -> None:
    """A search's images, of three classes that differ in colour, half for the weights."""
    rng = torch.Generator().manual_seed(3)
    labels = torch.randint(3, (_IMAGES,), generator=rng)
    pixels = torch.randint(128, (_IMAGES, 3, _SIDE, _SIDE), generator=rng)
    pixels[torch.arange(_IMAGES), labels] += 100
    weights, alpha = torch.arange(_IMAGES).chunk(2)
    halves = {"search_train": weights, "search_valid": alpha}
    plain = Augmentation(Normalisation((0.4, 0.4, 0.4), (0.2, 0.2, 0.2)), padding=1)

    def images_of_split(dataset: str, data_split: str, split: str, device: str) -> Any:
        return Images(pixels.to(torch.uint8), labels), halves[split], plain

    monkeypatch.setattr(search_data, "images_of_split", images_of_split)


@pytest.fixture
def baseline_file(data_home, tmp_path) -> Path:
    """A baseline of a method that computes nothing, around 70 % with a spread of 1 point."""
    return recorded_baseline(tmp_path, "random")
