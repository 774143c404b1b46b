"""The rules by which a search divides a training set into `search_train` and `search_valid`.

The weights are trained on `search_train`, alpha on `search_valid`.
"""

from pathlib import Path
from typing import Literal, get_args

import numpy as np

from benchmarks.datasets import nas_bench_201_splits
from benchmarks.datasets.image_file import SplitImages
from benchmarks.errors import UserError, unknown

DataSplit = Literal["nas_bench_201", "halves", "file"]
"""The values of the setting `data_split`."""

SearchSplits = dict[str, np.ndarray]
"""Indices of the images of `search_train` and `search_valid`, which are disjoint."""


def split_training_set(
    data_split: DataSplit, dataset: str, images: int, folder: Path
) -> SearchSplits:
    """Split the training set of a dataset whose own files do not.

    For a dataset stored in one file, see `search_splits_of_file`.

    Args:
        data_split: the rule.
        dataset: name of the dataset.
        images: size of its training set.
        folder: folder of NAS-Bench-201's public files.

    Raises:
        UserError: the rule does not apply to that dataset, or its file is missing.
    """
    match data_split:
        case "halves":
            return halves(images)
        case "nas_bench_201":
            if dataset != "cifar10":
                raise UserError(
                    f"NAS-Bench-201 publishes no split of {dataset}'s training set (its code "
                    "searches there with half of the test set as validation data, which this "
                    "harness does not); use --set data_split=halves."
                )
            return nas_bench_201(folder)
        case "file":
            raise UserError(f"{dataset} has no splits of its own; use --set data_split=halves.")
    raise unknown("data split", data_split, get_args(DataSplit))


def search_splits_of_file(data_split: DataSplit, dataset: str, images: SplitImages) -> SearchSplits:
    """Return the train and valid splits of a file as `search_train` and `search_valid`.

    A search must not use the test images, so no other rule is allowed.

    Raises:
        UserError: `data_split` is another rule.
    """
    if data_split != "file":
        raise UserError(
            f"{dataset} is split by its own file into train, valid and test; "
            "use --set data_split=file."
        )
    return {"search_train": images.splits["train"], "search_valid": images.splits["valid"]}


def halves(images: int) -> SearchSplits:
    """Split in the dataset's order: the first n // 2 images, then the rest.

    DARTS, train_search.py.
    """
    half = images // 2
    return {"search_train": np.arange(half), "search_valid": np.arange(half, images)}


def nas_bench_201(folder: Path) -> SearchSplits:
    """Return the benchmark's two disjoint halves of CIFAR-10's training set, 25,000 indices each.

    Args:
        folder: folder of the benchmark's public files.

    Raises:
        UserError: the file of the split is missing or invalid.
    """
    split = nas_bench_201_splits.read(folder / nas_bench_201_splits.CIFAR10_SEARCH.name)
    return {"search_train": split["train"], "search_valid": split["valid"]}
