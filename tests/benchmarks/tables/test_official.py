"""The tables that are made from official files, against the packages that wrote these."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import nats_bench.api_utils
import numpy as np
import pytest
from nas_201_api import NASBench201API
from nats_bench.api_topology import NATStopology

from benchmarks.errors import UserError
from benchmarks.tables import table
from benchmarks.tables.nas_bench_201 import official, trainings
from benchmarks.tables.nas_bench_201.available_memory import available_bytes
from benchmarks.tables.nas_bench_201.curve_shards import CurveShards
from benchmarks.tables.nas_bench_201.layout import IMAGES
from benchmarks.tables.query import Query
from tests.benchmarks.tables.official_files import (
    COUNT,
    OLD,
    SEEDS_200,
    SPLITS,
    contents,
    make_folder,
    quiet,
    refused,
    save,
    states,
)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return save(contents(), tmp_path_factory.mktemp("file") / "NAS-Bench-201-v1_1-096897.pth")


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return make_folder(tmp_path_factory.mktemp("folder") / "NATS-tss-v1_0-3ffb9-simple")


@pytest.fixture(scope="module")
def tables(
    file: Path, folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, tuple[table.Table, Any]]:
    """Of each source, the table that was read back and the object of its own package."""
    out = tmp_path_factory.mktemp("tables")
    official.import_file(file, out / "file", quiet, architectures=COUNT)
    official.import_folder(folder, out / "folder", quiet, architectures=COUNT)
    api = NASBench201API(contents(), verbose=False)
    nats = NATStopology(str(folder), fast_mode=True, verbose=False)
    return {
        "file": (table.read_table(out / "file"), api),
        "folder": (table.read_table(out / "folder"), nats),
    }


# --- what comes out ------------------------------------------------------------------------------


def split_of(dataset: str, word: str) -> str:
    """The benchmark's split behind the words of `get_more_info`."""
    if word == "test":
        return "ori-test" if dataset.startswith("cifar10-") or dataset == "cifar10" else "x-test"
    return {"train": "train", "valid": "x-valid", "valtest": "ori-test"}[word]


@pytest.mark.parametrize("source", ["file", "folder"])
@pytest.mark.parametrize("epochs", [12, 200])
@pytest.mark.parametrize("dataset", SPLITS)
@pytest.mark.parametrize("index", range(COUNT))
def test_the_table_answers_as_the_package_does(
    tables: dict[str, tuple[table.Table, Any]], source: str, epochs: int, dataset: str, index: int
) -> None:
    made, api = tables[source]
    info = api.get_more_info(index, dataset, hp=str(epochs), is_random=False)
    words = [key.removesuffix("-accuracy") for key in info if key.endswith("-accuracy")]
    assert "train" in words
    if (index, epochs) != (OLD, 200):
        assert {split_of(dataset, word) for word in words} == {"train", *SPLITS[dataset]}
    for word in words:
        query = Query(dataset, split_of(dataset, word), epochs, None)
        assert made.values(query, index) == pytest.approx(info[f"{word}-accuracy"], abs=2e-6)
        assert made.loss(query, index) == pytest.approx(info[f"{word}-loss"], rel=1e-12)
        seconds = info["train-all-time"] if word == "train" else info[f"{word}-per-time"]
        if word == "train":
            found: Any = made.training_seconds(query, index)
        else:
            of_all = made.evaluation_seconds(query)
            found = np.nan if of_all is None else of_all[index]
        expected = np.nan if seconds is None else seconds
        assert found == pytest.approx(expected, rel=1e-12, nan_ok=True)


def training_of(api: Any, index: int, dataset: str, seed: int) -> Any:
    """One 200-epoch training as the package holds it; the folder's API loads what is asked for."""
    api.query_by_index(index, dataset, "200")
    return api.arch2infos_dict[index]["200"].query(dataset, seed)


@pytest.mark.parametrize("source", ["file", "folder"])
def test_each_training_seed_is_kept_apart(
    tables: dict[str, tuple[table.Table, Any]], source: str
) -> None:
    made, api = tables[source]
    for index, seeds in enumerate(SEEDS_200):
        query = Query("cifar100", "x-test", 200, None)
        assert made.seeds(query, index) == list(seeds)
        for seed in seeds:
            training = training_of(api, index, "cifar100", seed)
            found = made.values(Query("cifar100", "x-test", 200, seed), index)
            assert found == pytest.approx(training.eval_acc1es["x-test@199"], abs=2e-6)
    assert made.seeds(Query("cifar10-valid", "x-valid", 12, None), 0) == [111, 777]
    assert made.seeds(Query("cifar10", "ori-test", 12, None), 0) == [111]


@pytest.mark.parametrize("source", ["file", "folder"])
@pytest.mark.parametrize("split", ["train", "x-valid"])
def test_curves_hold_every_epoch(
    tables: dict[str, tuple[table.Table, Any]], source: str, split: str
) -> None:
    made, api = tables[source]
    training = training_of(api, 2, "cifar10-valid", 999)
    query = Query("cifar10-valid", split, 200, 999)
    for metric in ("accuracy", "loss"):
        expected = [
            training.get_train(e)[metric]
            if split == "train"
            else training.get_eval(split, e)[metric]
            for e in range(200)
        ]
        assert made.curve(query, 2, metric) == pytest.approx(expected, rel=1e-6)
    with pytest.raises(UserError, match="no accuracy curve"):
        made.curve(query, 0)  # architecture 0 was not trained with seed 999


def test_epochs_without_evaluation_are_gaps(
    tables: dict[str, tuple[table.Table, Any]],
) -> None:
    made, api = tables["file"]
    curve = made.curve(Query("cifar100", "x-valid", 200, 888), OLD)
    last = api.arch2infos_dict[OLD]["200"].query("cifar100", 888).eval_acc1es["x-valid@199"]
    assert np.isnan(curve[:199]).all()
    assert curve[199] == pytest.approx(last, rel=1e-6)


def test_missing_seconds_are_no_number_and_later_ones_count(
    tables: dict[str, tuple[table.Table, Any]],
) -> None:
    made, api = tables["file"]
    assert np.isnan(made.training_seconds(Query("cifar10", "train", 200, None), OLD))
    training = api.arch2infos_dict[OLD]["200"].query("cifar100", 777)
    of_all = made.evaluation_seconds(Query("cifar100", "x-valid", 200, None))
    assert of_all is not None
    assert training.get_times()["T-x-test@epoch"] is None
    passes = [
        api.arch2infos_dict[OLD]["200"].query("cifar100", seed).eval_times["x-valid@0"]
        for seed in SEEDS_200[OLD]
    ]
    assert of_all[OLD] == pytest.approx(np.mean(passes))
    seconds = made.training_seconds(Query("cifar100", "train", 200, None), OLD)
    assert seconds > 0


def test_accuracies_lose_their_float_noise_except_in_training(
    tables: dict[str, tuple[table.Table, Any]],
) -> None:
    made, _ = tables["folder"]
    for (dataset, split), images in IMAGES.items():
        counts = made.values(Query(dataset, split, 200, 888), slice(1, COUNT)) * images / 100
        is_whole = np.abs(counts - np.round(counts)).max() < 1e-9
        assert is_whole == (split != "train"), (dataset, split)


def test_the_card_says_what_was_imported(
    tables: dict[str, tuple[table.Table, Any]], file: Path, folder: Path
) -> None:
    card = tables["file"][0].card
    assert (card.name, card.version) == ("nas-bench-201-v1.1", "NAS-Bench-201-v1_1-096897.pth")
    assert card.sources[0]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert "1 for 1, 2 for 2, 3 for 1" in card.notes[0]
    card = tables["folder"][0].card
    assert (card.name, card.version) == ("nats-tss-v1.0", "NATS-tss-v1_0-3ffb9-simple")
    hashes = sorted(hashlib.sha256(each.read_bytes()).hexdigest() for each in folder.iterdir())
    assert len(hashes) == COUNT + 1
    assert card.sources[0]["sha256"] == hashlib.sha256("\n".join(hashes).encode()).hexdigest()


def test_torchs_two_formats_make_the_same_table(
    tables: dict[str, tuple[table.Table, Any]], tmp_path: Path
) -> None:
    zipped = save(contents(), tmp_path / "zipped.pth", is_zip=True)
    card = official.import_file(zipped, tmp_path / "out", quiet, architectures=COUNT)
    assert card.sha256 == tables["file"][0].card.sha256


@pytest.mark.parametrize("source", ["file", "folder"])
def test_progress_is_reported_for_each_architecture(
    source: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    told: list[tuple[int, int]] = []
    convert = official.import_file if source == "file" else official.import_folder
    convert(
        request.getfixturevalue(source),
        tmp_path / "out",
        lambda done, total: told.append((done, total)),
        architectures=COUNT,
    )
    assert told == [(done, COUNT) for done in range(COUNT + 1)]
    assert [each.name for each in tmp_path.iterdir()] == ["out"]


def test_shards_with_different_seeds_have_the_same_columns(tmp_path: Path) -> None:
    one, two = np.array([1.0, 2.0], np.float32), np.array([3.0], np.float32)
    with CurveShards(tmp_path / "out", rows=2) as shards:
        for curves in ({"a": one}, {"a": two}, {"b": two}):
            shards.add(curves)
        assert len(list(tmp_path.rglob("*.parquet"))) == 1
        read = [
            {name: column.to_pylist() for name, column in each.items()} for each in shards.read()
        ]
    assert read == [{"a": [[1, 2], [3]], "b": [None, None]}, {"a": [None], "b": [[3]]}]
    assert list(tmp_path.iterdir()) == []


def test_neither_package_nor_torch_is_imported_before_it_is_needed() -> None:
    code = (
        "import sys; from benchmarks.tables.nas_bench_201 import official; "
        "sys.exit(' '.join({'torch', 'nas_201_api', 'nats_bench'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""


# --- memory --------------------------------------------------------------------------------------


def test_too_little_memory_is_reported_in_one_sentence(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = file.stat().st_size
    monkeypatch.setattr(official, "available_bytes", lambda: size)
    assert str(official.memory_warning(file)).startswith(f"Reading {file} takes about 0.0")
    assert "GiB are available, so the system may kill the import" in str(
        official.memory_warning(file)
    )
    monkeypatch.setattr(official, "available_bytes", lambda: 6 * size)
    assert official.memory_warning(file) is None
    monkeypatch.setattr(official, "available_bytes", lambda: None)
    assert official.memory_warning(file) is None


@pytest.mark.skipif(sys.platform != "linux", reason="other systems may not say")
def test_available_memory_is_part_of_the_computers() -> None:
    available = available_bytes()
    assert available is not None
    assert 2**20 < available <= os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def test_memory_that_ran_out_is_reported(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def read(path: Path) -> None:
        raise MemoryError

    monkeypatch.setattr(official, "read_torch_file", read)
    text = refused(official.import_file, file, tmp_path)
    assert text.startswith(f"There is not enough memory to read {file}.")


def test_one_missing_epoch_makes_the_training_time_unknown() -> None:
    state = states(nats_bench.api_utils, 0)
    times = state[12]["all_results"]["cifar10-valid", 111]["train_times"]
    whole = trainings.convert(0, state).values["cifar10-valid/train/12/111/seconds"]
    assert whole == pytest.approx(sum(times.values()))
    del times[5]
    assert np.isnan(trainings.convert(0, state).values["cifar10-valid/train/12/111/seconds"])
