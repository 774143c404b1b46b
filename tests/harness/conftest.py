"""What tests of the harness share beyond tests/conftest.py."""

from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.datasets.augmentation import Augmentation, Normalisation
from benchmarks.datasets.images import Images
from harness.trials import search_data
from tests.harness.guard.guard_results import recorded

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

    def part_of(dataset: str, split: str, part: str, device: str) -> Any:
        return Images(pixels.to(torch.uint8), labels), halves[part], plain

    monkeypatch.setattr(search_data, "part_of", part_of)


@pytest.fixture
def baseline_file(data_home, tmp_path) -> Path:
    """A baseline of a method that computes nothing, around 70 % with a spread of 1 point."""
    return recorded(tmp_path, "random")
