"""Images of a dataset as one tensor of bytes, where a search can keep them on its device."""

import urllib.error
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from benchmarks.datasets import DATASETS, dataset
from benchmarks.errors import UserError
from benchmarks.files.data_folder import data_folder


@dataclass(frozen=True)
class Images:
    """Images with their labels."""

    pixels: Tensor
    """uint8, shape (n, 3, side, side)."""
    labels: Tensor
    """int64, shape (n,)."""

    def to(self, device: torch.device | str) -> "Images":
        """The same images on a device."""
        return Images(self.pixels.to(device), self.labels.to(device))

    def __len__(self) -> int:
        return len(self.labels)


def folder_of(name: str) -> Path:
    """Where torchvision keeps a dataset's files.

    Raises:
        UserError: no images of that dataset can be had here.
    """
    folder = dataset(name).folder
    if folder is None:
        usable = ", ".join(each.name for each in DATASETS.values() if each.has_images)
        raise UserError(f"{name} has no images here; a search can use: {usable}.")
    return data_folder() / folder


def download(name: str) -> Path:
    """Download a dataset by torchvision where it is not here; return the folder of its files.

    Raises:
        UserError: it cannot be had.
    """
    folder = folder_of(name)
    if not folder.exists():
        try:
            _torchvision(name)(str(data_folder()), download=True)
        except (urllib.error.URLError, OSError, RuntimeError) as error:
            raise UserError(
                f"{name} is not in {folder} and cannot be downloaded "
                f"({getattr(error, 'reason', None) or error}). Put torchvision's files there."
            ) from error
    return folder


def load(name: str, *, train: bool) -> Images:
    """The training or the test images, by torchvision, which checks every file's MD5.

    Raises:
        UserError: the dataset has no loader here, or its files are damaged or not here.
    """
    folder = folder_of(name)
    if not folder.exists():
        raise UserError(
            f"{name} is not in {folder}. Get it with `python -m harness data fetch {name}`."
        )
    try:
        found = _torchvision(name)(str(data_folder()), train=train)
    except RuntimeError as error:  # torchvision's word for a missing file or a wrong checksum
        raise UserError(
            f"The files of {name} in {folder} are incomplete or damaged: a checksum is wrong. "
            f"Delete that folder and get them with `python -m harness data fetch {name}`."
        ) from error
    pixels = torch.from_numpy(found.data).permute(0, 3, 1, 2).contiguous()
    return Images(pixels, torch.tensor(found.targets))


def _torchvision(name: str) -> Any:
    from torchvision import datasets

    return {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
