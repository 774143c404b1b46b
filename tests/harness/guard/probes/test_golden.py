"""Golden files move only together with their methods' versions."""

import pytest

from methods import METHODS
from tests.methods import golden


@pytest.fixture
def folder(tmp_path):
    golden.write("mine", "1", "0 1.5\n", tmp_path)
    return tmp_path


def test_the_golden_files_are_of_the_methods_versions():
    versions = {name: METHODS[name].version for name in METHODS}
    assert golden.wrong(versions) == []
    assert len(golden.recorded()) >= 7


def test_a_file_that_moved_by_hand_is_seen(folder):
    assert golden.wrong({"mine": "1"}, folder) == []
    (folder / "mine.txt").write_text("0 1.6\n")
    assert golden.wrong({"mine": "1"}, folder) == [
        "mine's golden file moved without --update-golden"
    ]


def test_numbers_do_not_move_under_the_old_version(folder):
    with pytest.raises(golden.Unversioned, match="mine's numbers moved and its version is 1 as be"):
        golden.write("mine", "1", "0 1.6\n", folder)
    assert golden.read("mine", folder) == "0 1.5\n"
    golden.write("mine", "2", "0 1.6\n", folder)
    assert golden.read("mine", folder) == "0 1.6\n"
    assert golden.wrong({"mine": "2"}, folder) == []


def test_a_version_that_is_raised_asks_for_its_file(folder):
    assert golden.wrong({"mine": "2"}, folder) == [
        "mine's golden file is of version 1, and the method is 2"
    ]


def test_a_file_without_a_version_is_seen(folder):
    (folder / "other.txt").write_text("0 1.0\n")
    (told,) = golden.wrong({"mine": "1", "other": "1"}, folder)
    assert told == "other has a golden file or an entry in versions.txt, and not both"
