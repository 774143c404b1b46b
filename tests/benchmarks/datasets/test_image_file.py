"""Images in one file: the digits of this repository, and a user's own."""

import numpy as np
import pytest

from benchmarks.datasets import DIGITS, Dataset
from benchmarks.datasets.image_file import SPLITS, images_of, read_image_file
from benchmarks.errors import UserError


def test_the_digits_are_the_known_ones_in_disjoint_splits():
    digits = images_of(DIGITS)
    assert digits.pixels.shape == (1797, 3, 8, 8)
    assert digits.pixels.max() == 16
    assert np.bincount(digits.labels).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert {name: len(indices) for name, indices in digits.splits.items()} == {
        "train": 400,
        "valid": 400,
        "test": 997,
    }
    together = np.concatenate(list(digits.splits.values()))
    assert np.array_equal(np.sort(together), np.arange(1797))


def test_the_digits_are_those_that_their_table_was_trained_on():
    assert images_of(DIGITS).sha256 == (
        "2807946856da0cb1c8eaaea122721b762d326d17917cd8a31cf7045d36d33856"
    )


def test_normalised_by_the_train_split_alone():
    digits = images_of(DIGITS)
    seen = digits.normalised()[digits.splits["train"]]
    assert abs(seen.mean()) < 1e-5
    assert abs(seen.std() - 1) < 1e-5


def test_a_file_without_a_split_gets_one(tmp_path):
    path = tmp_path / "own.npz"
    images = np.random.default_rng(0).integers(256, size=(100, 4, 4, 3), dtype=np.uint8)
    np.savez(path, images=images, labels=np.arange(100) % 5)
    own = read_image_file(path)
    assert [len(own.splits[name]) for name in SPLITS] == [40, 30, 30]
    assert (own.classes, own.side) == (5, 4)
    assert np.array_equal(own.pixels[7, 2], images[7, :, :, 2])


IMAGES = np.zeros((10, 4, 4), dtype=np.uint8)
LABELS = np.arange(10)


def test_parts_is_the_older_name_of_split(tmp_path):
    path, older = tmp_path / "own.npz", tmp_path / "older.npz"
    np.savez(path, images=IMAGES, labels=LABELS, split=LABELS % 3)
    np.savez(older, images=IMAGES, labels=LABELS, parts=LABELS % 3)
    assert read_image_file(path).splits["valid"].tolist() == [1, 4, 7]
    assert read_image_file(older).sha256 == read_image_file(path).sha256


@pytest.mark.parametrize(
    ("arrays", "message"),
    [
        ({"images": IMAGES}, "has no array `labels`"),
        ({"images": IMAGES.astype(float), "labels": LABELS}, "`images` must be uint8"),
        ({"images": IMAGES[:, :3], "labels": LABELS}, "`images` must be uint8"),
        ({"images": IMAGES, "labels": LABELS[:5]}, "`labels` must be one non-negative integer"),
        ({"images": IMAGES, "labels": LABELS - 1}, "`labels` must be one non-negative integer"),
        ({"images": IMAGES, "labels": LABELS, "split": LABELS}, "`split` must be 0"),
        ({"images": IMAGES, "labels": LABELS, "parts": LABELS}, "`parts` must be 0"),
    ],
)
def test_invalid_arrays_are_reported(tmp_path, arrays, message):
    path = tmp_path / "own.npz"
    np.savez(path, **arrays)
    with pytest.raises(UserError, match=message):
        read_image_file(path)


def test_a_damaged_file_is_reported(tmp_path):
    path = tmp_path / "own.npz"
    path.write_bytes(b"PK no")
    with pytest.raises(UserError, match="missing, damaged or not an .npz file"):
        read_image_file(path)
    with pytest.raises(UserError, match="missing, damaged or not an .npz file"):
        read_image_file(tmp_path / "none.npz")


def test_a_dataset_must_be_registered_with_the_shape_of_its_images(tmp_path):
    path = tmp_path / "odd.npz"
    images = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
    np.savez(path, images=images, labels=np.arange(60) % 3)
    with pytest.raises(UserError, match="holds 3 classes and a side of 8 pixels"):
        images_of(Dataset("odd", classes=3, side=10, file=path))
