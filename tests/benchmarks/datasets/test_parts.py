"""Images in one file: the digits of this repository, and a user's own."""

import numpy as np
import pytest

from benchmarks.datasets import DIGITS, parts
from benchmarks.errors import UserError


def test_the_digits_are_the_known_ones_in_disjoint_parts():
    digits = parts.of(DIGITS)
    assert digits.pixels.shape == (1797, 3, 8, 8)
    assert digits.pixels.max() == 16
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert {name: len(part) for name, part in digits.parts.items()} == {
        "train": 400,
        "valid": 400,
        "test": 997,
    }
    together = np.concatenate(list(digits.parts.values()))
    assert np.array_equal(np.sort(together), np.arange(1797))


def test_normalised_by_the_training_part_alone():
    digits = parts.of(DIGITS)
    seen = digits.normalised()[digits.parts["train"]]
    assert abs(seen.mean()) < 1e-5
    assert abs(seen.std() - 1) < 1e-5


def test_a_file_without_parts_is_divided(tmp_path):
    path = tmp_path / "own.npz"
    images = np.random.default_rng(0).integers(256, size=(100, 4, 4, 3), dtype=np.uint8)
    np.savez(path, images=images, labels=np.arange(100) % 5)
    own = parts.read(path)
    assert [len(own.parts[name]) for name in parts.PARTS] == [40, 30, 30]
    assert (own.classes, own.side) == (5, 4)
    assert np.array_equal(own.pixels[7, 2], images[7, :, :, 2])


IMAGES = np.zeros((10, 4, 4), dtype=np.uint8)
LABELS = np.arange(10)


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": IMAGES}, "has no array `labels`"),
        ({"images": IMAGES.astype(float), "labels": LABELS}, "`images` must be uint8"),
        ({"images": IMAGES[:, :3], "labels": LABELS}, "`images` must be uint8"),
        ({"images": IMAGES, "labels": LABELS[:5]}, "`labels` must be one whole number"),
        ({"images": IMAGES, "labels": LABELS - 1}, "`labels` must be one whole number"),
        ({"images": IMAGES, "labels": LABELS, "parts": LABELS}, "`parts` must be 0"),
    ],
)
def test_arrays_that_do_not_fit_are_said(tmp_path, arrays, message):
    path = tmp_path / "own.npz"
    np.savez(path, **arrays)
    with pytest.raises(UserError, match=message):
        parts.read(path)


def test_a_damaged_file_is_said(tmp_path):
    path = tmp_path / "own.npz"
    path.write_bytes(b"PK no")
    with pytest.raises(UserError, match="missing, damaged or no .npz file"):
        parts.read(path)
    with pytest.raises(UserError, match="missing, damaged or no .npz file"):
        parts.read(tmp_path / "none.npz")
