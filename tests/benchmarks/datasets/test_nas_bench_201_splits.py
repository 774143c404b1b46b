"""The benchmark's published splits."""

import json

import numpy as np
import pytest

from benchmarks.datasets import nas_bench_201_splits as splits
from benchmarks.errors import UserError


@pytest.mark.data
def test_cifar10_search_halves(public_sources):
    split = splits.read(public_sources / splits.CIFAR10_SEARCH.name)
    assert sorted(split) == ["train", "valid"]
    assert len(split["train"]) == len(split["valid"]) == 25_000
    together = np.sort(np.concatenate(list(split.values())))
    np.testing.assert_array_equal(together, np.arange(50_000))


@pytest.mark.data
@pytest.mark.parametrize(
    ("source", "images"), [(splits.CIFAR100_TEST, 10_000), (splits.IMAGENET16_120_TEST, 6_000)]
)
def test_test_halves(public_sources, source, images):
    split = splits.read(public_sources / source.name)
    together = np.sort(np.concatenate(list(split.values())))
    np.testing.assert_array_equal(together, np.arange(images))
    assert {len(indices) for indices in split.values()} == {images // 2}


def test_splits_that_share_an_image(tmp_path):
    path = tmp_path / "split.txt"
    path.write_text(json.dumps({"train": ["int", ["0", "1"]], "valid": ["int", ["1", "2"]]}))
    with pytest.raises(UserError, match="share images"):
        splits.read(path)


@pytest.mark.parametrize("content", ["", "[]", "{", '{"train": 1}'])
def test_an_invalid_file(tmp_path, content):
    path = tmp_path / "split.txt"
    path.write_text(content)
    with pytest.raises(
        UserError, match="is missing or not a split of NAS-Bench-201. Download it with"
    ):
        splits.read(path)
