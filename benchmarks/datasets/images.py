"""Images of a dataset as one tensor of bytes, where a search can keep them on its device."""

import urllib.error
from dataclasses import dataclass

import torch
from torch import Tensor

from benchmarks.data_folder import data_folder
from benchmarks.datasets import dataset
from benchmarks.errors import UserError

_FOLDERS = {"cifar10": "cifar-10-batches-py", "cifar100": "cifar-100-python"}


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


def load(name: str, *, train: bool) -> Images:
    """The training or the test images, by torchvision, which checks every file's MD5.

    They are downloaded into the data folder when they are not there.

    Raises:
        UserError: the dataset has no loader here, its files are damaged, or they are neither here
            nor to be had.
    """
    dataset(name)
    if name not in _FOLDERS:
        raise UserError(f"{name} has no images here; a search can use: {', '.join(_FOLDERS)}.")
    from torchvision import datasets

    kind = {"cifar10": datasets.CIFAR10, "cifar100": datasets.CIFAR100}[name]
    root, folder = data_folder(), data_folder() / _FOLDERS[name]
    try:
        found = kind(str(root), train=train, download=not folder.exists())
    except (urllib.error.URLError, OSError) as error:
        raise UserError(
            f"{name} is not in {folder} and cannot be downloaded "
            f"({getattr(error, 'reason', None) or error}). Put torchvision's files there."
        ) from error
    except RuntimeError as error:  # torchvision's word for a missing file or a wrong checksum
        raise UserError(
            f"The files of {name} in {folder} are incomplete or damaged: a checksum is wrong. "
            "Delete that folder, and they are downloaded again."
        ) from error
    pixels = torch.from_numpy(found.data).permute(0, 3, 1, 2).contiguous()
    return Images(pixels, torch.tensor(found.targets))
