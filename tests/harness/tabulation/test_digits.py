"""Searches on the digits, with the user's own tables or trainings as ground truth."""

import dataclasses
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from rich.console import Console

import harness
from benchmarks import datasets
from benchmarks.datasets import DIGITS
from benchmarks.datasets.image_file import images_of, read_image_file
from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201, NasBench201
from benchmarks.spaces.nas_bench_201.architecture import Architecture
from benchmarks.training.protocol import PROTOCOLS
from harness.api import results
from harness.planning import ground_truth
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.storage.evaluated import read_searches, read_trainings
from harness.storage.manifest import make_manifest
from harness.storage.store import Store
from harness.trials import search_data, train
from harness.trials.record import TrainRecord, TrainResult
from harness.trials.train import run_training
from methods.method import Outcome
from methods.random_architecture import RandomArchitecture
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


def test_a_run_uses_the_users_own_table(tmp_path, table):
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


@pytest.fixture(scope="module")
def own(tmp_path_factory):
    """A file of images that no table has."""
    path = tmp_path_factory.mktemp("images") / "own.npz"
    pixels = np.random.default_rng(0).integers(0, 256, (60, 8, 8), dtype=np.uint8)
    np.savez(path, images=pixels, labels=np.arange(60) % 3)
    return str(path)


SMALL_BATCHES = dataclasses.replace(made_up_table.SHORT, batch_size=10)
NO_TABLE = (
    "No table covers nas-bench-201 on own: results will have no ground truth. Add it with --train "
    "or with --table (see `python -m harness tabulate`)."
)
LEFT_OUT = "random-search is left out on own: it scores architectures on a table."


def test_a_dataset_without_a_table_is_searched_without_accuracies(own):
    plan = planned(methods="random,darts-1st", datasets=own, settings=SHORT)
    assert [search.method for search in plan.searches] == ["random", "darts-1st"]
    assert plan.notes == [NO_TABLE]
    assert plan.ground_truth == {}


def test_a_method_that_scores_on_a_table_is_left_out_without_one(own):
    plan = planned(methods="random-search,random", datasets=own)
    assert [search.method for search in plan.searches] == ["random"]
    assert plan.notes == [NO_TABLE, LEFT_OUT]
    with pytest.raises(UserError) as raised:
        planned(methods="random-search", datasets=own)
    assert str(raised.value) == f"{NO_TABLE} {LEFT_OUT}"


def test_trainings_give_the_accuracies_where_there_is_no_table(own, monkeypatch):
    monkeypatch.setitem(PROTOCOLS, "tiny", SMALL_BATCHES)
    plan = planned(methods="random-search,random", datasets=own, train="tiny")
    assert plan.notes == [LEFT_OUT]
    recipe = plan.recipe_of(plan.searches[0])
    assert recipe is not None
    assert (recipe.protocol, recipe.seeds) == (SMALL_BATCHES, (0, 1, 2))


def test_trainings_need_a_dataset_of_one_file():
    with pytest.raises(UserError, match="--train tiny: trainings need a dataset of one .*not one"):
        planned(methods="random", datasets="cifar10", train="tiny")


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


# The second is another name for the network of the first.
FOUND = [Architecture.from_index(index) for index in (4, 1817, 4437)]


@pytest.fixture
def run(tmp_path, monkeypatch) -> Callable[..., Any]:
    """A run on the digits that finds `FOUND`, which it trains for a moment, in this process."""
    monkeypatch.setitem(PROTOCOLS, "tiny", made_up_table.SHORT)
    monkeypatch.setattr(NasBench201, "network_sizes", {"tiny": made_up_table.SIZE})
    found = iter(FOUND)
    monkeypatch.setattr(RandomArchitecture, "search", lambda self, task: Outcome(next(found)))

    def run(**changes: Any) -> Any:
        asked = {"seeds": len(FOUND), "train": "tiny", "train_seeds": 2, **changes}
        return harness.run(
            "random",
            **asked,
            executor="debug",
            out=tmp_path,
            report=False,
            console=Console(file=io.StringIO()),
        )

    return run


def trained_by_hand(architecture: Architecture) -> TrainResult:
    canonical = str(NAS_BENCH_201.canonical(architecture))
    result = run_training(made_up_table.RECIPE.trial_of_text(canonical)).result
    assert isinstance(result, TrainResult)
    return result


def trainings_in(folder) -> list[TrainRecord]:
    return [each for each in Store(folder).records() if isinstance(each, TrainRecord)]


def test_what_is_found_has_the_accuracies_of_its_training(tmp_path, run):
    found = run()
    assert set(found["state"]) == {"done"}
    assert found["architecture"].tolist() == list(map(str, FOUND))
    for architecture, row in zip(FOUND, found.itertuples(), strict=True):
        by_hand = trained_by_hand(architecture)
        assert row.test_value == pytest.approx(100 * np.mean(by_hand.test) / (4 * 997))
        by_seed = [100 * correct / (4 * 997) for correct in by_hand.test]
        assert row.training_seeds == len(by_seed)
        if len(by_seed) > 1:
            assert row.test_training_sd == pytest.approx(np.std(by_seed, ddof=1))
        final = [curve[-1] for curve in by_hand.valid]
        assert row.valid_value == pytest.approx(100 * np.mean(final) / 400)
    assert set(found["table"]) == {"trained by tiny"}
    assert found["rank"].isna().all()  # only some of the space is known
    assert found["parameters"].max() < 10_000  # of the network that was trained
    pd.testing.assert_frame_equal(results(tmp_path), found)


def test_searches_that_find_the_same_network_share_a_training(tmp_path, run):
    found = run()
    trained = trainings_in(tmp_path)
    assert len(trained) == 2
    assert {each.trial.architecture for each in trained} == {str(FOUND[0]), str(FOUND[2])}
    assert found["test_value"][0] == found["test_value"][1]
    run()
    assert trainings_in(tmp_path) == trained  # none of them was done again


def test_a_failed_training_is_reported_and_repaired_by_a_retry(tmp_path, run, monkeypatch):
    measure = train._measure

    def fail(trial, splits):
        if trial.architecture == str(FOUND[0]):
            raise RuntimeError("no luck")
        return measure(trial, splits)

    monkeypatch.setattr(train, "_measure", fail)
    found = run()
    assert found["state"].tolist() == ["done"] * 3
    assert found["reason"].tolist()[:2] == ["its training failed: RuntimeError: no luck"] * 2
    assert found["reason"].isna().tolist() == [False, False, True]
    assert found["test_value"].isna().tolist() == [True, True, False]
    monkeypatch.setattr(train, "_measure", measure)
    pd.testing.assert_frame_equal(run(), found)  # what has failed is not run again unasked
    repaired = run(retry=True)
    assert repaired["reason"].isna().all()
    right = 100 * np.mean(trained_by_hand(FOUND[0]).test) / (4 * 997)
    assert repaired["test_value"].tolist()[:2] == pytest.approx([right] * 2)
    assert repaired["test_value"][2] == found["test_value"][2]
    pd.testing.assert_frame_equal(results(tmp_path), repaired)


def test_accuracies_are_added_to_searches_without_any(tmp_path, run, own, monkeypatch):
    monkeypatch.setitem(PROTOCOLS, "tiny", SMALL_BATCHES)
    bare = run(datasets=own, train=None, command="search")
    assert bare["test_value"].isna().all()
    assert bare["table"].tolist() == [""] * 3
    found = run(datasets=own, command="train them")
    assert found["key"].tolist() == bare["key"].tolist()
    assert found["finished_at"].tolist() == bare["finished_at"].tolist()
    assert found["test_value"].between(0, 100).all()
    store = Store(tmp_path)
    searches = read_searches(store)
    trainings = read_trainings(store, searches)
    assert {each.key for each in trainings} == {each.key for each in trainings_in(tmp_path)}
    assert make_manifest(searches, trainings).command == "search\ntrain them"
    pd.testing.assert_frame_equal(results(tmp_path), found)


def test_trainings_by_other_seeds_are_another_ground_truth(tmp_path, run):
    two, three = run(), run(train_seeds=3)
    assert len(trainings_in(tmp_path)) == 4
    assert three["key"].tolist() == two["key"].tolist()
    assert (three["table_sha256"] != two["table_sha256"]).all()
    assert (three["test_value"] != two["test_value"]).all()
    pd.testing.assert_frame_equal(results(tmp_path), three)  # by the last run
    pd.testing.assert_frame_equal(run(), two)
