"""Small image datasets stored in one `.npz` file: the digits in this repository, or a user's.

The file holds `images`, uint8 of shape (n, side, side) or (n, side, side, 3), `labels`, integers of
shape (n,), and optionally `split` of shape (n,): 0 for train, 1 for valid, 2 for test. `parts` is
accepted as the older name of `split`. A file without either is split here by a fixed shuffle: 40 %
train, 30 % valid, 30 % test.
"""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.errors import UserError

SPLITS = ("train", "valid", "test")

_SHUFFLE_SEED = 1998  # the year in which the digits came to the UCI repository
_BOUNDARIES = (0.4, 0.7)  # fractions of the images at which valid and test begin


@dataclass(frozen=True)
class SplitImages:
    """Images in three disjoint splits."""

    pixels: np.ndarray
    """uint8, shape (n, 3, side, side). A single channel is repeated three times, so that networks
    and supernets keep their three input channels, sizes and closed forms: three equal inputs are
    one input under the sum of three kernels."""
    labels: np.ndarray
    """int64, shape (n,), from 0."""
    splits: Mapping[str, np.ndarray]
    """Indices of the images by the names in `SPLITS`, ascending."""
    sha256: str
    """Hash of pixels, labels and split, independent of the file's compression."""

    @property
    def classes(self) -> int:
        """One more than the largest label."""
        return int(self.labels.max()) + 1

    @property
    def side(self) -> int:
        """Height and width in pixels."""
        return self.pixels.shape[-1]

    @property
    def mean_and_std(self) -> tuple[float, float]:
        """Mean and standard deviation of the training pixels, in [0, 255]."""
        pixels = self.pixels[self.splits["train"]].astype(np.float64)
        return float(pixels.mean()), float(pixels.std())

    def normalised(self) -> np.ndarray:
        """Return the pixels as float32, with mean 0 and standard deviation 1 over the train split.

        Shape (n, 3, side, side).
        """
        mean, std = self.mean_and_std
        return ((self.pixels - mean) / std).astype(np.float32)

    def majority_shares(self) -> dict[str, float]:
        """Return the percentage of each split that has the train split's most frequent class."""
        most = np.bincount(self.labels[self.splits["train"]]).argmax()
        return {
            name: float(100 * np.mean(self.labels[indices] == most))
            for name, indices in self.splits.items()
        }


def images_of(dataset: Dataset) -> SplitImages:
    """Read the images of a dataset that is stored in one file.

    Raises:
        UserError: `read_image_file` fails, or the number of classes or pixels is not the dataset's.
    """
    if dataset.file is None:
        raise ValueError(f"{dataset.name} has no image file")
    images = read_image_file(dataset.file)
    if (images.classes, images.side) != (dataset.classes, dataset.side):
        raise UserError(
            f"{dataset.file} holds {images.classes} classes and a side of {images.side} pixels, "
            f"but {dataset.name} is registered with {dataset.classes} and {dataset.side}."
        )
    return images


def read_image_file(path: Path) -> SplitImages:
    """Read an `.npz` file of images.

    Raises:
        UserError: the file is missing or damaged, or an array has the wrong type, shape or values.
    """
    try:
        # Opened here because NumPy leaves a damaged file open.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path} is missing, damaged or not an .npz file of arrays `images` and `labels`."
        ) from error
    for name in ("images", "labels"):
        if name not in arrays:
            raise UserError(f"{path} has no array `{name}`; it holds: {', '.join(arrays)}.")
    images, labels = arrays["images"], arrays["labels"]
    is_square = images.ndim in (3, 4) and images.shape[1] == images.shape[2]
    if images.dtype != np.uint8 or not is_square or images.shape[3:] not in ((), (3,)):
        raise UserError(
            f"{path}: `images` must be uint8 of shape (n, side, side) or (n, side, side, 3), "
            f"not {images.dtype} of shape {images.shape}."
        )
    is_integer = np.issubdtype(labels.dtype, np.integer)
    if labels.shape != images.shape[:1] or not is_integer or not len(labels) or labels.min() < 0:
        raise UserError(f"{path}: `labels` must be one non-negative integer per image.")
    split_name = "parts" if "parts" in arrays and "split" not in arrays else "split"
    split = arrays.get(split_name, _default_split(len(labels)))
    if split.shape != labels.shape or set(np.unique(split)) != {0, 1, 2}:
        raise UserError(
            f"{path}: `{split_name}` must be 0 (train), 1 (valid) or 2 (test) for each image, and "
            "no split may be empty."
        )
    if images.ndim == 3:
        images = images[..., None].repeat(3, axis=3)
    pixels = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    labels, split = labels.astype(np.int64), split.astype(np.int64)
    digest = hashlib.sha256()
    for array in (pixels, labels, split):
        digest.update(str(array.shape).encode() + array.tobytes())
    indices = {name: np.flatnonzero(split == number) for number, name in enumerate(SPLITS)}
    return SplitImages(pixels, labels, indices, digest.hexdigest())


def _default_split(images: int) -> np.ndarray:
    """Return the split of each image by a fixed shuffle, shape (images,)."""
    position = np.random.Generator(np.random.PCG64(_SHUFFLE_SEED)).permutation(images)
    return np.digitize(position, [boundary * images for boundary in _BOUNDARIES])
