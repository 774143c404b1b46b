"""CIFAR through torchvision, and the splits of a search."""

import shutil

import numpy as np
import pytest
import torch
from torchvision import datasets as reference

from benchmarks.datasets import images, splits
from benchmarks.errors import UserError


@pytest.mark.data
def test_cifar10(cifar10_home):
    found = images.load("cifar10", train=True)
    assert found.pixels.shape == (50_000, 3, 32, 32)
    assert found.pixels.dtype == torch.uint8
    assert torch.bincount(found.labels).tolist() == [5_000] * 10
    assert len(images.load("cifar10", train=False)) == 10_000
    theirs = reference.CIFAR10(str(cifar10_home), train=True)
    for index in (0, 1, 49_999):
        picture, label = theirs[index]
        expected = torch.from_numpy(theirs.data[index]).permute(2, 0, 1)
        assert picture.size == (32, 32)
        assert torch.equal(found.pixels[index], expected)
        assert found.labels[index] == label


@pytest.mark.data
def test_a_damaged_batch_file(cifar10_home, tmp_path, monkeypatch):
    folder = shutil.copytree(cifar10_home / "cifar-10-batches-py", tmp_path / "cifar-10-batches-py")
    with (folder / "data_batch_3").open("r+b") as file:
        file.seek(1_000)
        file.write(b"\x00\x01")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    with pytest.raises(UserError, match="incomplete or damaged: a checksum is wrong. Delete that"):
        images.load("cifar10", train=True)


def test_no_images_and_no_network(tmp_path, monkeypatch):
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    monkeypatch.setattr(reference.CIFAR10, "url", "http://127.0.0.1:9/cifar.tar.gz")
    with pytest.raises(UserError, match="cifar10 is not in .* and cannot be downloaded"):
        images.download("cifar10")
    with pytest.raises(
        UserError, match="not in .*. Download it with `python -m harness data fetch cif"
    ):
        images.load("cifar10", train=True)


def test_a_dataset_without_images():
    with pytest.raises(
        UserError, match="No images of imagenet16-120 are available; a search can use"
    ):
        images.load("imagenet16-120", train=True)
    with pytest.raises(UserError, match=r"Unknown dataset 'cifar'. Did you mean 'cifar10'\?"):
        images.load("cifar", train=True)


@pytest.mark.data
def test_what_is_here_is_not_downloaded(cifar10_home):
    assert images.download("cifar10") == cifar10_home / "cifar-10-batches-py"


def test_halves():
    found = splits.halves(7)
    assert found["search_train"].tolist() == [0, 1, 2]
    assert found["search_valid"].tolist() == [3, 4, 5, 6]


def test_a_split_that_nobody_published(tmp_path):
    with pytest.raises(UserError, match="publishes no split of cifar100's training set .* --set "):
        splits.split_training_set("nas_bench_201", "cifar100", 50_000, tmp_path)


@pytest.mark.data
def test_the_benchmarks_halves(public_sources):
    found = splits.nas_bench_201(public_sources)
    train, valid = found["search_train"], found["search_valid"]
    assert len(train) == len(valid) == 25_000
    assert sorted(np.concatenate([train, valid]).tolist()) == list(range(50_000))
    assert train[:5].tolist() == [0, 5, 7, 11, 13]
