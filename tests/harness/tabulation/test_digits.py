"""The digits as a dataset to search on, and tables of the user's own as ground truth."""

import dataclasses
from typing import Any

import numpy as np
import pytest
import torch

import harness
from benchmarks import datasets
from benchmarks.datasets import DIGITS
from benchmarks.datasets.image_file import images_of, read_image_file
from benchmarks.errors import UserError
from harness.api import results
from harness.planning import ground_truth
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.trials import search_data
from tests.harness.tabulation import made_up_table

SHORT = {"epochs": 2, "steps_per_epoch": 2, "channels": 4, "batch_size": 10}


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return made_up_table.finished(tmp_path_factory.mktemp("table") / "mine.parquet")


def planned(**changes):
    arguments = {
        "methods": "darts-1st",
        "spaces": "nas-bench-201",
        "datasets": "digits",
        "seeds": 1,
        "protocol": "common",
        "settings": {},
        "table": None,
        "device": "cpu",
    }
    return make_plan(make_request(**(arguments | changes)))


def test_a_search_never_sees_the_test_split():
    splits = images_of(DIGITS).splits
    test = set(splits["test"].tolist())
    seen = {}
    for split in ("search_train", "search_valid"):
        _, indices, _ = search_data.images_of_split("digits", "file", split, "cpu")
        seen[split] = set(indices.tolist())
    assert seen["search_train"] == set(splits["train"].tolist())
    assert seen["search_valid"] == set(splits["valid"].tolist())
    assert not (seen["search_train"] | seen["search_valid"]) & test
    with pytest.raises(UserError, match="split by its own file"):
        search_data.images_of_split("digits", "halves", "search_train", "cpu")


def test_a_search_sees_images_as_the_trainings_do():
    images, indices, augmentation = search_data.images_of_split(
        "digits", "file", "search_train", "cpu"
    )
    choices = augmentation.draw(len(indices), 8, torch.Generator().manual_seed(0))
    seen = augmentation.apply(images.pixels[indices], choices)
    assert choices.noise is not None
    clean = seen - DIGITS.noise * choices.noise
    ours = images_of(DIGITS).normalised()[indices.numpy()]
    np.testing.assert_allclose(clean.numpy(), ours, atol=1e-5)


def test_a_run_looks_a_table_of_ones_own_up(tmp_path, table):
    found: Any = harness.run(
        "darts-1st,random-search",
        seeds=1,
        table=str(table),
        settings=SHORT,
        out=tmp_path,
        jobs=1,
        report=False,
    )
    assert set(found["state"]) == {"done"}
    assert set(found["table"]) == {"mine"}
    assert set(found["dataset"]) == {"digits"}
    # The closed forms are those of the tabulated network, two channels wide, not the published.
    assert found["parameters"].max() < 10_000
    searched = found.set_index("method").loc["random-search"]
    assert searched["evaluated"] >= 80  # 109 mean costs
    assert len(results(tmp_path)) == 2


def test_a_dataset_without_a_table_is_refused(tmp_path):
    rng = np.random.default_rng(0)
    path = tmp_path / "own.npz"
    np.savez(
        path, images=rng.integers(0, 256, (60, 8, 8), dtype=np.uint8), labels=np.arange(60) % 3
    )
    with pytest.raises(UserError, match="no table of nas-bench-201 for a search on own.*tabulate"):
        planned(datasets=str(path))


def test_a_table_of_other_images_is_refused(tmp_path, table, monkeypatch):
    other = tmp_path / "other.npz"
    with np.load(str(DIGITS.file)) as file:
        np.savez(other, **{**file, "labels": file["labels"][::-1]})
    monkeypatch.setattr(ground_truth, "images_of", lambda dataset: read_image_file(other))
    with pytest.raises(UserError, match="was made from other images"):
        planned(table=str(table))


def test_a_table_under_other_noise_is_refused(table, monkeypatch):
    quieter = dataclasses.replace(DIGITS, noise=0.1)
    monkeypatch.setitem(datasets.DATASETS, "digits", quieter)
    with pytest.raises(UserError, match="under other noise"):
        planned(table=str(table))
