"""Official files, written by the packages' own classes, and the tables that are made from them."""

import bz2
import collections
import hashlib
import os
import pickle
import random
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import nas_201_api.api_utils
import nats_bench.api_utils
import numpy as np
import pytest
import torch
from nas_201_api import NASBench201API
from nats_bench.api_topology import NATStopology

from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201.architecture import Architecture
from benchmarks.tables import table
from benchmarks.tables.nas_bench_201 import official, trainings
from benchmarks.tables.nas_bench_201.available_memory import available_bytes
from benchmarks.tables.nas_bench_201.curve_shards import CurveShards
from benchmarks.tables.nas_bench_201.layout import IMAGES
from benchmarks.tables.query import Query

COUNT = 4
SPLITS = {
    "cifar10-valid": ("x-valid", "ori-test"),
    "cifar10": ("ori-test",),
    "cifar100": ("x-valid", "x-test", "ori-test"),
    "ImageNet16-120": ("x-valid", "x-test", "ori-test"),
}
SEEDS_200 = [(777,), (777, 888), (777, 888, 999), (888, 999)]
OLD = 1  # the architecture whose 200-epoch trainings were evaluated as in the first months

Import = Callable[..., table.Card]


def quiet(done: int, total: int) -> None:
    pass


# --- sources, as the benchmark's authors wrote theirs --------------------------------------------


def result(api: ModuleType, rng: random.Random, dataset: str, seed: int, epochs: int) -> Any:
    made = api.ResultsCount(
        dataset,
        None,
        {},
        {},
        np.float64(0.5),  # the authors' count of parameters is a numpy scalar
        71.3,
        {"channel": 16, "num_cells": 5, "arch_str": "", "class_num": 10},
        str(seed),
        epochs,
        None,
    )
    made.update_train_info(*({e: rng.uniform(0, 9) for e in range(epochs)} for _ in range(4)))
    made.update_latency([rng.random()])
    return made


def accuracy(rng: random.Random, dataset: str, split: str) -> float:
    images = IMAGES[dataset, split]
    return 100 * rng.randint(0, images) / images + rng.uniform(-1e-6, 1e-6)  # float noise


def evaluate(made: Any, rng: random.Random) -> None:
    keys = [(split, e) for split in SPLITS[made.name] for e in range(made.epochs)]
    accuracies = {f"{split}@{e}": accuracy(rng, made.name, split) for split, e in keys}
    losses, times = ({key: rng.random() for key in accuracies} for _ in range(2))
    made.update_eval(accuracies, losses, times)


def evaluate_at_the_end(made: Any, rng: random.Random) -> None:
    for split in SPLITS[made.name]:
        last = {made.epochs - 1: accuracy(rng, made.name, split)}
        made.update_OLD_eval(split, last, {made.epochs - 1: rng.random()})
    made.train_times = None


def states(api: ModuleType, index: int) -> dict[int, dict[str, Any]]:
    rng = random.Random(index)
    made = {}
    for epochs, seeds in ((12, (111,)), (200, SEEDS_200[index])):
        of_length = api.ArchResults(index, str(Architecture.from_index(index)))
        for dataset in SPLITS:
            extra = (777,) if (dataset, epochs) == ("cifar10-valid", 12) else ()
            for seed in (*seeds, *extra):
                training = result(api, rng, dataset, seed, epochs)
                if (index, epochs) == (OLD, 200):
                    evaluate_at_the_end(training, rng)
                    if dataset == "cifar100":  # a clock that was put in later, by the authors
                        training.reset_pseudo_train_times(rng.random())
                        training.reset_pseudo_eval_times("x-valid", rng.random())
                else:
                    evaluate(training, rng)
                of_length.update(dataset, seed, training)
        of_length.clear_params()
        made[epochs] = of_length.state_dict()
    return made


def contents() -> dict[str, Any]:
    """What `torch.load` gives for a file like NAS-Bench-201-v1_1-096897.pth."""
    infos = {}
    for index in range(COUNT):
        made = states(nas_201_api.api_utils, index)
        infos[index] = {"full": made[200], "less": made[12]}
    return {
        "meta_archs": [str(Architecture.from_index(index)) for index in range(COUNT)],
        "total_archs": COUNT,
        "arch2infos": infos,
        "evaluated_indexes": set(range(COUNT)),
    }


def save(data: Any, path: Path, is_zip: bool = False) -> Path:
    torch.save(data, path, _use_new_zipfile_serialization=is_zip)  # pyright: ignore
    return path


def pack(data: Any, path: Path) -> None:
    path.write_bytes(bz2.compress(pickle.dumps(data, protocol=4)))


def make_folder(folder: Path) -> Path:
    folder.mkdir()
    meta: dict[str, Any] = {
        "meta_archs": [str(Architecture.from_index(index)) for index in range(COUNT)],
        "total_archs": COUNT,
        "arch2infos": None,
        "evaluated_indexes": set(),
    }
    nats_bench.api_utils.pickle_save(meta, str(folder / "meta.pickle"))
    for index in range(COUNT):
        made = states(nats_bench.api_utils, index)
        nats_bench.api_utils.pickle_save(
            collections.OrderedDict({str(epochs): made[epochs] for epochs in made}),
            str(folder / f"{index:06d}.pickle"),
        )
    return folder


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
        assert made.accuracy(query, index) == pytest.approx(info[f"{word}-accuracy"], abs=2e-6)
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
            found = made.accuracy(Query("cifar100", "x-test", 200, seed), index)
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
        counts = made.accuracy(Query(dataset, split, 200, 888), slice(1, COUNT)) * images / 100
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


# --- bad sources ---------------------------------------------------------------------------------


class Command:
    """Runs a command when it is unpickled, unless it is refused."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"echo ran > {self.marker}",)


def refused(convert: Import, source: Path, tmp_path: Path, architectures: int = COUNT) -> str:
    """The message, after it was checked to be one paragraph and nothing to be left behind."""
    out = tmp_path / "tables" / "out"
    with pytest.raises(UserError) as error:
        convert(source, out, quiet, architectures=architectures)
    assert not out.parent.exists() or list(out.parent.iterdir()) == []
    text = str(error.value)
    assert "\n" not in text
    assert str(source) in text
    return text


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    text = refused(official.import_file, tmp_path / "absent.pth", tmp_path)
    assert text.startswith("There is no file ")
    assert "Give the path of NAS-Bench-201-v1_1-096897.pth." in text


def test_a_folder_without_meta_is_named(tmp_path: Path) -> None:
    text = refused(official.import_folder, tmp_path, tmp_path)
    assert text.startswith("There is no meta.pickle.pbz2 in ")
    assert "Give the path of the unpacked folder NATS-tss-v1_0-3ffb9-simple." in text


@pytest.mark.parametrize("is_zip", [False, True])
@pytest.mark.parametrize("keep", [0.0, 0.001, 0.5, 0.99])
def test_a_truncated_file_is_refused(tmp_path: Path, is_zip: bool, keep: float) -> None:
    data = {"meta_archs": [str(Architecture.from_index(i)) for i in range(200)]}
    whole = save(data, tmp_path / "cut.pth", is_zip)
    whole.write_bytes(whole.read_bytes()[: int(keep * whole.stat().st_size)])
    assert "Download it again" in refused(official.import_file, whole, tmp_path)


def test_a_file_that_is_not_torchs_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "other.pth"
    source.write_bytes(pickle.dumps(1) * 4)
    assert "is not a torch file" in refused(official.import_file, source, tmp_path)
    source.write_text("<html>Quota exceeded</html>")
    assert "not the expected file" in refused(official.import_file, source, tmp_path)


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    source = tmp_path / "damaged.pth"
    header = b"".join(pickle.dumps(part, 2) for part in (0x1950A86A20F9469CFC6C, 1001, {}))
    source.write_bytes(header + b"\x80\x02K\x01K\x02K\x03s.")  # 1[2] = 3
    text = refused(official.import_file, source, tmp_path)
    assert "is not the expected file ('int' object does not support item assignment)" in text


@pytest.mark.parametrize("name", ["meta.pickle.pbz2", "000002.pickle.pbz2"])
def test_a_truncated_file_of_the_folder_is_refused(tmp_path: Path, name: str) -> None:
    source = make_folder(tmp_path / "nats")
    path = source / name
    packed = path.read_bytes()
    path.write_bytes(packed[:-20])
    text = refused(official.import_folder, source, tmp_path)
    assert text.startswith(f"{path} is truncated or not compressed with bz2")
    path.write_bytes(bz2.compress(bz2.decompress(packed)[:-9]))
    assert "not the expected file" in refused(official.import_folder, source, tmp_path)


@pytest.mark.parametrize("is_zip", [False, True])
def test_a_file_that_names_a_command_runs_nothing(tmp_path: Path, is_zip: bool) -> None:
    marker = tmp_path / "ran"
    data = {**contents(), "extra": Command(marker)}
    source = save(data, tmp_path / "bad.pth", is_zip)
    text = refused(official.import_file, source, tmp_path)
    assert ".system), so it was not used" in text
    assert not marker.exists()
    torch.load(source, weights_only=False)  # it would have run
    assert marker.exists()


def test_a_folder_that_names_a_command_runs_nothing(tmp_path: Path) -> None:
    marker = tmp_path / "ran"
    source = make_folder(tmp_path / "nats")
    pack({"12": Command(marker), "200": {}}, source / "000001.pickle.pbz2")
    text = refused(official.import_folder, source, tmp_path)
    assert ".system), so it was not used" in text
    assert not marker.exists()


def test_weights_are_refused(tmp_path: Path) -> None:
    data = {**contents(), "weights": torch.zeros(3)}
    text = refused(official.import_file, save(data, tmp_path / "full.pth"), tmp_path)
    assert "it names torch" in text


def test_the_wrong_number_of_architectures_is_refused(
    file: Path, folder: Path, tmp_path: Path
) -> None:
    for source, convert in ((file, official.import_file), (folder, official.import_folder)):
        out = tmp_path / "out"
        with pytest.raises(
            UserError, match=r"4 architectures instead of 15,625, .* not the expected table"
        ):
            convert(source, out, quiet)
        assert not out.exists()


def test_a_missing_architecture_is_named(tmp_path: Path) -> None:
    source = make_folder(tmp_path / "nats")
    (source / "000001.pickle.pbz2").unlink()
    (source / "000003.pickle.pbz2").unlink()
    text = refused(official.import_folder, source, tmp_path)
    assert "lacks 2 of its 4 architecture files, starting with 000001.pickle.pbz2" in text


def test_another_order_is_refused(tmp_path: Path) -> None:
    data = contents()
    data["meta_archs"].reverse()
    text = refused(official.import_file, save(data, tmp_path / "a.pth"), tmp_path)
    assert "does not list its architectures in the benchmark's order" in text
    source = make_folder(tmp_path / "nats")
    (source / "000000.pickle.pbz2").replace(source / "000001.pickle.pbz2")
    (source / "000002.pickle.pbz2").replace(source / "000000.pickle.pbz2")
    pack({}, source / "000002.pickle.pbz2")
    with pytest.raises(
        UserError, match=r"does not have the layout of the official .* architecture 0 is "
    ):
        official.import_folder(source, tmp_path / "out", quiet, architectures=COUNT)


def test_version_1_0_is_refused(tmp_path: Path) -> None:
    data = contents()
    for info in data["arch2infos"].values():
        trainings_12 = info["less"]["all_results"]
        info["less"]["all_results"] = {
            key: value for key, value in trainings_12.items() if key[0] == "cifar10-valid"
        }
    text = refused(official.import_file, save(data, tmp_path / "v1_0.pth"), tmp_path)
    assert "it is version 1.0 of the benchmark. Download version 1.1" in text


def spoiled(spoil: Callable[[dict[str, Any]], object], path: Path) -> Path:
    """A file whose third architecture's 200-epoch state was changed."""
    data = contents()
    spoil(data["arch2infos"][2]["full"])
    return save(data, path)


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda state: state.pop("arch_str"), "architecture 2 is -1"),
        (
            lambda state: state.update(all_results={}),
            "lacks the accuracy cifar10-valid/x-valid, 200 epochs, mean of training seeds for 1 of",
        ),
        (
            lambda state: state.update(all_results=[]),
            "does not have the layout of the official file",
        ),
        (
            lambda state: state["all_results"]["cifar10", 777].update(epochs=90),
            "90 epochs instead of 200",
        ),
        (
            lambda state: state["all_results"]["cifar10", 777]["eval_names"].append("x-valid"),
            "it evaluates cifar10 on x-valid",
        ),
        (
            lambda state: state["all_results"]["cifar10", 777].update(train_acc1es=3.0),
            "'float' object",
        ),
        (
            lambda state: state["all_results"]["cifar10", 888]["eval_acc1es"].update(
                {"ori-test@199": 90.0012}
            ),
            "not whole numbers of 10000 images",
        ),
        (
            lambda state: [
                state["all_results"]["cifar100", seed]["eval_names"].remove("x-test")
                for seed in SEEDS_200[2]
            ],
            "lacks the accuracy cifar100/x-test, 200 epochs, mean of training seeds for 1 of 4",
        ),
    ],
)
def test_another_layout_is_refused(
    tmp_path: Path, spoil: Callable[[dict[str, Any]], object], message: str
) -> None:
    text = refused(official.import_file, spoiled(spoil, tmp_path / "bad.pth"), tmp_path)
    assert message in text


def test_a_folder_without_any_result_is_refused(tmp_path: Path) -> None:
    source = make_folder(tmp_path / "nats")
    for index in range(COUNT):
        state = {"arch_str": str(Architecture.from_index(index)), "all_results": {}}
        pack({"12": state, "200": state}, source / f"{index:06d}.pickle.pbz2")
    text = refused(official.import_folder, source, tmp_path)
    assert "for 4 of 4 architectures" in text


def test_a_place_that_cannot_be_written_is_reported(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot write "):
        official.import_folder(folder, tmp_path / "file" / "out", quiet, architectures=COUNT)


def test_one_missing_epoch_makes_the_training_time_unknown() -> None:
    state = states(nats_bench.api_utils, 0)
    times = state[12]["all_results"]["cifar10-valid", 111]["train_times"]
    whole = trainings.convert(0, state).values["cifar10-valid/train/12/111/seconds"]
    assert whole == pytest.approx(sum(times.values()))
    del times[5]
    assert np.isnan(trainings.convert(0, state).values["cifar10-valid/train/12/111/seconds"])
