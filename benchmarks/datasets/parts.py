"""Small sets of images that come in one `.npz` file: the digits in this repository, or a user's.

The file holds `images`, uint8 of shape (n, side, side) or (n, side, side, 3), `labels`, whole
numbers of shape (n,), and, if its author divided it, `parts` of shape (n,): 0 for train, 1 for
valid, 2 for test. A file without `parts` is divided here: 40 % train, 30 % valid, 30 % test, by a
fixed shuffle.
"""

import hashlib
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.datasets import Dataset
from benchmarks.errors import UserError

PARTS = ("train", "valid", "test")

_SHUFFLE_SEED = 1998  # the year in which the digits came to the UCI repository
_SHARES = (0.4, 0.7)  # where valid and test begin


@dataclass(frozen=True)
class DividedImages:
    """Images in three disjoint parts."""

    pixels: np.ndarray
    """uint8, shape (n, 3, side, side). A single channel stands three times, so that networks and
    supernets keep their three input channels, sizes and closed forms: three equal inputs are one
    input under the sum of three kernels."""
    labels: np.ndarray
    """int64, shape (n,), from 0."""
    parts: Mapping[str, np.ndarray]
    """By name in `PARTS`: the indices of its images, ascending."""
    sha256: str
    """Of pixels, labels and parts, whatever the file's compression."""

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
        """Of the training part's pixels, as bytes."""
        seen = self.pixels[self.parts["train"]].astype(np.float64)
        return float(seen.mean()), float(seen.std())

    def normalised(self) -> np.ndarray:
        """float32 of mean 0 and standard deviation 1 over the training part's pixels."""
        mean, std = self.mean_and_std
        return ((self.pixels - mean) / std).astype(np.float32)

    def majority_shares(self) -> dict[str, float]:
        """By part, the percent of it that has the training part's most frequent class."""
        most = np.bincount(self.labels[self.parts["train"]]).argmax()
        return {
            name: float(100 * np.mean(self.labels[indices] == most))
            for name, indices in self.parts.items()
        }


def of(dataset: Dataset) -> DividedImages:
    """The images of a dataset that has them in one file.

    Raises:
        UserError: as `read` does, or the file holds another number of classes or pixels.
    """
    if dataset.file is None:
        raise ValueError(f"{dataset.name} has no file of images")
    images = read(dataset.file)
    if (images.classes, images.side) != (dataset.classes, dataset.side):
        raise UserError(
            f"{dataset.file} holds {images.classes} classes and a side of {images.side} pixels, "
            f"and {dataset.name} is registered with {dataset.classes} and {dataset.side}."
        )
    return images


def read(path: Path) -> DividedImages:
    """Read a file of images.

    Raises:
        UserError: it is missing or damaged, or its arrays do not fit.
    """
    try:
        # Opened here: NumPy leaves a damaged file open.
        with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        raise UserError(
            f"{path} is missing, damaged or no .npz file of arrays `images` and `labels`."
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
    is_whole = np.issubdtype(labels.dtype, np.integer)
    if labels.shape != images.shape[:1] or not is_whole or not len(labels) or labels.min() < 0:
        raise UserError(f"{path}: `labels` must be one whole number from 0 on for each image.")
    parts = arrays.get("parts", _divided(len(labels)))
    if parts.shape != labels.shape or set(np.unique(parts)) != {0, 1, 2}:
        raise UserError(
            f"{path}: `parts` must be 0 (train), 1 (valid) or 2 (test) for each image, each used."
        )
    if images.ndim == 3:
        images = images[..., None].repeat(3, axis=3)
    pixels = np.ascontiguousarray(images.transpose(0, 3, 1, 2))
    labels, parts = labels.astype(np.int64), parts.astype(np.int64)
    digest = hashlib.sha256()
    for array in (pixels, labels, parts):
        digest.update(str(array.shape).encode() + array.tobytes())
    indices = {name: np.flatnonzero(parts == number) for number, name in enumerate(PARTS)}
    return DividedImages(pixels, labels, indices, digest.hexdigest())


def _divided(images: int) -> np.ndarray:
    """A fixed part for each of so many images."""
    place = np.random.Generator(np.random.PCG64(_SHUFFLE_SEED)).permutation(images)
    return np.digitize(place, [share * images for share in _SHARES])
