"""The images of a search, loaded once per process and device."""

from functools import cache
from pathlib import Path

import torch
from torch import Tensor

from benchmarks.datasets import Dataset, images, splits
from benchmarks.datasets import dataset as dataset_named
from benchmarks.datasets.augmentation import NAS_BENCH_201, Augmentation, Normalisation
from benchmarks.datasets.image_file import SplitImages, images_of
from benchmarks.datasets.images import Images
from benchmarks.datasets.splits import DataSplit
from benchmarks.files.data_folder import data_folder
from benchmarks.tables.nas_bench_201.fetch import sources_folder


def images_of_split(
    dataset: str, data_split: DataSplit, split: str, device: str
) -> tuple[Images, Tensor, Augmentation]:
    """Return all images of a dataset, the indices of those in a split, and their augmentation.

    Args:
        dataset: name of the dataset.
        data_split: the rule by which its training set is split.
        split: `search_train` or `search_valid`.
        device: where the images are kept.

    Raises:
        UserError: the images or the file of the split are missing.
    """
    source = dataset_named(dataset)
    if source.file is not None:
        return _from_file(source, data_split, split, device)
    training_set = _downloaded(dataset, device, data_folder())
    indices = splits.split_training_set(data_split, dataset, len(training_set), sources_folder())
    return training_set, torch.from_numpy(indices[split]), Augmentation(NAS_BENCH_201[dataset])


def _from_file(
    source: Dataset, data_split: DataSplit, split: str, device: str
) -> tuple[Images, Tensor, Augmentation]:
    """Return the same for a dataset stored in one file.

    Noise is the only augmentation, since flipping or cropping a digit may change its class.
    """
    on_device, split_images = _file(source, device)
    indices = splits.search_splits_of_file(data_split, source.name, split_images)[split]
    mean, std = (value / 255 for value in split_images.mean_and_std)
    normalisation = Normalisation((mean, mean, mean), (std, std, std))
    augmentation = Augmentation(normalisation, padding=0, flip_share=0.0, noise=source.noise)
    return on_device, torch.from_numpy(indices), augmentation


@cache
def _downloaded(dataset: str, device: str, _folder: Path) -> Images:
    return images.load(dataset, train=True).to(device)


@cache
def _file(source: Dataset, device: str) -> tuple[Images, SplitImages]:
    split_images = images_of(source)
    pixels, labels = torch.from_numpy(split_images.pixels), torch.from_numpy(split_images.labels)
    return Images(pixels, labels).to(device), split_images
