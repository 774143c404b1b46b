"""How a search divides a training set into images for the weights and images for alpha."""

from pathlib import Path
from typing import Literal, get_args

import numpy as np

from benchmarks.datasets import nas_bench_201_splits
from benchmarks.datasets.parts import DividedImages
from benchmarks.errors import UserError, unknown

Split = Literal["nb201_cifar_split", "half_index", "dataset_parts"]
"""The names that the protocols use."""


def divide(split: Split, dataset: str, images: int, folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """Indices of the images for the weights and of those for alpha; they share none.

    A dataset of one file is divided by that file and not here: see `search_parts`.

    Args:
        split: how.
        dataset: name of the dataset whose training set is divided.
        images: how many images that has.
        folder: where NAS-Bench-201's public files lie.

    Raises:
        UserError: there is no such split of that dataset, or its file is not here.
    """
    match split:
        case "half_index":
            return half_index(images)
        case "nb201_cifar_split":
            if dataset != "cifar10":
                raise UserError(
                    f"NAS-Bench-201 publishes no split of {dataset}'s training set (its code "
                    "searches there with half of the test set as validation data, which this "
                    "harness does not); use --set data_split=half_index."
                )
            return nas_bench_201(folder)
        case "dataset_parts":
            raise UserError(
                f"{dataset} comes in no parts of its own; use --set data_split=half_index."
            )
    raise unknown("split", split, get_args(Split))


def search_parts(split: Split, dataset: str, images: DividedImages) -> dict[str, np.ndarray]:
    """Indices of a file's training images and of its validation images, by the search's part.

    Its test images take no part in a search, so no other split of the file is allowed.

    Raises:
        UserError: another split is asked for.
    """
    if split != "dataset_parts":
        raise UserError(
            f"{dataset} is divided by its own file into train, valid and test; "
            "use --set data_split=dataset_parts."
        )
    return {"search_train": images.parts["train"], "search_valid": images.parts["valid"]}


def half_index(images: int) -> tuple[np.ndarray, np.ndarray]:
    """The first half for the weights, the second for alpha, in the dataset's order.

    DARTS, train_search.py. Two index arrays of shape (n // 2,) and (n - n // 2,).
    """
    half = images // 2
    return np.arange(half), np.arange(half, images)


def nas_bench_201(folder: Path) -> tuple[np.ndarray, np.ndarray]:
    """The benchmark's two disjoint halves of CIFAR-10's training set, 25,000 indices each.

    Args:
        folder: where the benchmark's public files lie.

    Raises:
        UserError: the split is not there, or is none.
    """
    split = nas_bench_201_splits.read(folder / nas_bench_201_splits.CIFAR10_SEARCH.name)
    return split["train"], split["valid"]
