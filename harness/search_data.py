"""The images of a search, kept once in a process on each device."""

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.data_folder import data_folder
from benchmarks.datasets import images, splits
from benchmarks.datasets.augmentation import NAS_BENCH_201, Augmentation
from benchmarks.datasets.images import Images
from benchmarks.datasets.splits import Split
from benchmarks.truth.nas_bench_201.fetch import sources_folder


def part_of(
    dataset: str, split: Split, part: str, device: str
) -> tuple[Images, Tensor, Augmentation]:
    """All training images of a dataset, the indices of a search's part, and the augmentation.

    Args:
        dataset: name of the dataset.
        split: how its training set is divided.
        part: `search_train` or `search_valid`.
        device: where the images are kept.

    Raises:
        UserError: the images or the split are not here.
    """
    everything = _images(dataset, device, data_folder())
    weights, alpha = splits.divide(split, dataset, len(everything), sources_folder())
    indices = torch.from_numpy({"search_train": weights, "search_valid": alpha}[part])
    return everything, indices, Augmentation(NAS_BENCH_201[dataset])


@cache
def _images(dataset: str, device: str, _folder: Path) -> Images:
    return images.load(dataset, train=True).to(device)
