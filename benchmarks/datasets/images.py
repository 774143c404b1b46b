"""Datasets that torchvision downloads, as one tensor of bytes that fits on a device."""

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
        """Copy the images to a device."""
        return Images(self.pixels.to(device), self.labels.to(device))

    def __len__(self) -> int:
        return len(self.labels)


def folder_of(name: str) -> Path:
    """Return the folder of a dataset's torchvision files.

    Raises:
        UserError: torchvision has no images of that dataset.
    """
    folder = dataset(name).folder
    if folder is None:
        usable = ", ".join(each.name for each in DATASETS.values() if each.has_images)
        raise UserError(f"No images of {name} are available; a search can use: {usable}.")
    return data_folder() / folder


def download(name: str) -> Path:
    """Download a dataset with torchvision if it is missing; return the folder of its files.

    Raises:
        UserError: the download failed.
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
    """Load the training or the test images with torchvision, which verifies every file's MD5.

    Raises:
        UserError: torchvision has no loader for the dataset, or its files are missing or damaged.
    """
    folder = folder_of(name)
    if not folder.exists():
        raise UserError(
            f"{name} is not in {folder}. Download it with `python -m harness data fetch {name}`."
        )
    try:
        found = _torchvision(name)(str(data_folder()), train=train)
    except RuntimeError as error:  # what torchvision raises for a missing file or a wrong checksum
        raise UserError(
            f"The files of {name} in {folder} are incomplete or damaged: a checksum is wrong. "
            f"Delete that folder and download them with `python -m harness data fetch {name}`."
        ) from error
    pixels = torch.from_numpy(found.data).permute(0, 3, 1, 2).contiguous()
    return Images(pixels, torch.tensor(found.targets))


def _torchvision(name: str) -> Any:
    from torchvision import datasets

    return {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
