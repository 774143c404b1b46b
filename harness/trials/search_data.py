"""The images of a search, kept once in a process on each device."""

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.datasets import Dataset, images, parts, splits
from benchmarks.datasets import dataset as dataset_named
from benchmarks.datasets.augmentation import NAS_BENCH_201, Augmentation, Normalisation
from benchmarks.datasets.images import Images
from benchmarks.datasets.splits import Split
from benchmarks.files.data_folder import data_folder
from benchmarks.tables.nas_bench_201.fetch import sources_folder


def part_of(
    dataset: str, split: Split, part: str, device: str
) -> tuple[Images, Tensor, Augmentation]:
    """The images of a dataset, the indices of a search's part, and the augmentation.

    Args:
        dataset: name of the dataset.
        split: how its training set is divided.
        part: `search_train` or `search_valid`.
        device: where the images are kept.

    Raises:
        UserError: the images or the split are not here.
    """
    source = dataset_named(dataset)
    if source.file is not None:
        return _of_file(source, split, part, device)
    everything = _downloaded(dataset, device, data_folder())
    weights, alpha = splits.divide(split, dataset, len(everything), sources_folder())
    indices = torch.from_numpy({"search_train": weights, "search_valid": alpha}[part])
    return everything, indices, Augmentation(NAS_BENCH_201[dataset])


def _of_file(
    source: Dataset, split: Split, part: str, device: str
) -> tuple[Images, Tensor, Augmentation]:
    """As they are, but for their noise: a digit that is flipped is no digit."""
    everything, divided = _file(source, device)
    indices = splits.search_parts(split, source.name, divided)[part]
    mean, std = (value / 255 for value in divided.mean_and_std)
    normalisation = Normalisation((mean, mean, mean), (std, std, std))
    as_they_are = Augmentation(normalisation, padding=0, flip_share=0.0, noise=source.noise)
    return everything, torch.from_numpy(indices), as_they_are


@cache
def _downloaded(dataset: str, device: str, _folder: Path) -> Images:
    return images.load(dataset, train=True).to(device)


@cache
def _file(source: Dataset, device: str) -> tuple[Images, parts.DividedImages]:
    divided = parts.of(source)
    pixels, labels = torch.from_numpy(divided.pixels), torch.from_numpy(divided.labels)
    return Images(pixels, labels).to(device), divided
