"""CIFAR through torchvision, and the parts into which a search divides it."""

import shutil

import numpy as np
import pytest
import torch
from torchvision import datasets as reference

from benchmarks.datasets import splits
from benchmarks.datasets.images import download, load
from benchmarks.errors import UserError


@pytest.mark.data
def test_cifar10(cifar10_home):
    images = load("cifar10", train=True)
    assert images.pixels.shape == (50_000, 3, 32, 32)
    assert images.pixels.dtype == torch.uint8
    assert torch.bincount(images.labels).tolist() == [5_000] * 10
    assert len(load("cifar10", train=False)) == 10_000
    theirs = reference.CIFAR10(str(cifar10_home), train=True)
    for index in (0, 1, 49_999):
        picture, label = theirs[index]
        expected = torch.from_numpy(theirs.data[index]).permute(2, 0, 1)
        assert picture.size == (32, 32)
        assert torch.equal(images.pixels[index], expected)
        assert images.labels[index] == label


@pytest.mark.data
def test_a_damaged_batch_file(cifar10_home, tmp_path, monkeypatch):
    folder = shutil.copytree(cifar10_home / "cifar-10-batches-py", tmp_path / "cifar-10-batches-py")
    with (folder / "data_batch_3").open("r+b") as file:
        file.seek(1_000)
        file.write(b"\x00\x01")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    with pytest.raises(UserError, match="incomplete or damaged: a checksum is wrong. Delete that"):
        load("cifar10", train=True)


def test_no_images_and_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    monkeypatch.setattr(reference.CIFAR10, "url", "http://127.0.0.1:9/cifar.tar.gz")
    with pytest.raises(UserError, match="cifar10 is not in .* and cannot be downloaded"):
        download("cifar10")
    with pytest.raises(UserError, match="not in .*. Get it with `python -m harness data fetch cif"):
        load("cifar10", train=True)


def test_a_dataset_without_images():
    with pytest.raises(UserError, match="imagenet16-120 has no images here; a search can use"):
        load("imagenet16-120", train=True)
    with pytest.raises(UserError, match=r"Unknown dataset 'cifar'. Did you mean 'cifar10'\?"):
        load("cifar", train=True)


@pytest.mark.data
def test_what_is_here_is_not_downloaded(cifar10_home):
    assert download("cifar10") == cifar10_home / "cifar-10-batches-py"


def test_half_index():
    weights, alpha = splits.half_index(7)
    assert weights.tolist() == [0, 1, 2]
    assert alpha.tolist() == [3, 4, 5, 6]


def test_a_split_that_nobody_published(tmp_path):
    with pytest.raises(UserError, match="publishes no split of cifar100's training set .* --set "):
        splits.divide("nb201_cifar_split", "cifar100", 50_000, tmp_path)


@pytest.mark.data
def test_the_benchmarks_halves(public_sources):
    weights, alpha = splits.nas_bench_201(public_sources)
    assert len(weights) == len(alpha) == 25_000
    assert sorted(np.concatenate([weights, alpha]).tolist()) == list(range(50_000))
    assert weights[:5].tolist() == [0, 5, 7, 11, 13]
