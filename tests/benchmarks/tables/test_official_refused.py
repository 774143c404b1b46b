"""Official files that are refused: damaged, incomplete, of another version, or dangerous."""

import bz2
import os
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201.architecture import Architecture
from benchmarks.tables.nas_bench_201 import official
from tests.benchmarks.tables.official_files import (
    COUNT,
    SEEDS_200,
    contents,
    make_folder,
    pack,
    quiet,
    refused,
    save,
)


class Command:
    """Runs a command when it is unpickled, unless it is refused."""

    def __init__(self, marker: Path):
        self.marker = marker

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"echo ran > {self.marker}",)


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


def test_the_wrong_number_of_architectures_is_refused(tmp_path: Path) -> None:
    file, folder = save(contents(), tmp_path / "file.pth"), make_folder(tmp_path / "nats")
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


def test_a_place_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    folder = make_folder(tmp_path / "nats")
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot write "):
        official.import_folder(folder, tmp_path / "file" / "out", quiet, architectures=COUNT)
