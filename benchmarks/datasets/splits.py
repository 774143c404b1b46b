"""How a search divides a training set into images for the weights and images for alpha."""

from pathlib import Path

import torch
from torch import Tensor

from benchmarks.datasets import nas_bench_201_splits


def half_index(images: int) -> tuple[Tensor, Tensor]:
    """The first half for the weights, the second for alpha, in the dataset's order.

    DARTS, train_search.py. Two index tensors of shape (n // 2,) and (n - n // 2,).
    """
    half = images // 2
    return torch.arange(half), torch.arange(half, images)


def nas_bench_201(folder: Path) -> tuple[Tensor, Tensor]:
    """The benchmark's two disjoint halves of CIFAR-10's training set, 25,000 indices each.

    Args:
        folder: where the benchmark's public files lie.

    Raises:
        UserError: the split is not there, or is none.
    """
    split = nas_bench_201_splits.read(folder / nas_bench_201_splits.CIFAR10_SEARCH.name)
    return torch.from_numpy(split["train"]), torch.from_numpy(split["valid"])
