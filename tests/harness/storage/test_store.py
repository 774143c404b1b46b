"""Trials on disk."""

import errno
import json
import logging
import multiprocessing
import os

import pytest

from benchmarks.errors import UserError
from benchmarks.files import atomic
from harness.planning import plan as planning
from harness.storage.store import Store
from harness.trials import search


@pytest.fixture
def trial(data_home):
    asked = planning.campaign(
        "random-search",
        spaces="nas-bench-201",
        datasets="cifar10",
        seeds="0,",
        protocol="paper",
        settings={"time_budget_seconds": 2_000},
        truth=None,
        device="auto",
    )
    return planning.make(asked).trials[0]


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "runs")


@pytest.fixture
def finished(store, trial):
    with store.claim(trial.key) as folder:
        folder.begin()
        record = search.run(trial, folder)
        folder.finish(record)
    return record


def test_a_record_round_trips(store, finished):
    assert finished.state == "done"
    assert store.read(finished.key) == finished
    assert store.records() == [finished]


def test_a_record_says_everything_of_its_making(finished, trial):
    assert finished.trial.settings["time_budget_seconds"] == 2_000
    assert finished.trial.provenance["overshoot"].startswith("read:")
    assert finished.trial.truth_sha256 == trial.truth_sha256
    assert set(finished.environment) >= {"python", "numpy", "torch"}
    assert [each.dataset for each in finished.evaluations] == [
        "cifar10",
        "cifar100",
        "imagenet16-120",
    ]
    assert finished.evaluations[0].test_query == (
        "cifar10/ori-test, 200 epochs, mean of training seeds"
    )


def test_events_are_the_best_so_far(store, finished):
    events = store.events(finished.key)
    scores = [event.measured["score"] for event in events]
    assert scores == sorted(scores)
    assert events[-1].architecture == finished.architecture
    assert events[-1].test_accuracy["cifar10"] == finished.evaluations[0].test_accuracy


def test_the_same_trial_gives_the_same_result(trial):
    first, second = (search.run(trial, search.Nowhere()) for _ in range(2))
    assert first.architecture == second.architecture
    assert first.evaluations == second.evaluations
    assert first.simulated_seconds == second.simulated_seconds


def _damage(record: bytes) -> dict[str, bytes]:
    content = json.loads(record)
    return {
        "cut off": record[:-100],
        "empty": b"",
        "garbage": bytes(range(256)),
        "null": b"null",
        "a list": b"[]",
        "other version": json.dumps({**content, "format": 99}).encode(),
        "no trial": json.dumps({**content, "trial": {}}).encode(),
        "no time": json.dumps({**content, "finished_at": "yesterday"}).encode(),
        "no state": json.dumps({**content, "state": "splendid"}).encode(),
        "no number": record.replace(b'"regret": ', b'"regret": "x", "r": '),
    }


@pytest.mark.parametrize("how", _damage(b"{}"))
def test_a_damaged_record_is_not_finished(store, finished, caplog, how):
    path = store.trials / finished.key / "record.json"
    path.write_bytes(_damage(path.read_bytes())[how])
    with caplog.at_level(logging.WARNING):
        assert store.read(finished.key) is None
        assert store.records() == []
    assert "record.json is cut off or no record of this version" in caplog.text
    assert "the same `run` does the trial again" in caplog.text


def test_files_that_are_no_trials_are_passed_over(store, finished):
    (store.trials / ".DS_Store").write_text("")
    (store.trials / "empty").mkdir()
    assert store.records() == [finished]


def test_damaged_events_are_left_out(store, finished):
    path = store.trials / finished.key / "events.jsonl"
    whole = store.events(finished.key)
    text = path.read_text()
    path.write_text("garbage\n[]\n" + text + "{}\n" + text.splitlines()[0][:-20])
    assert store.events(finished.key) == whole
    assert len(whole) > 0


def test_a_search_that_starts_anew_clears_what_a_killed_one_left(store, finished):
    half_written = store.trials / finished.key / ".record.json.0123456789ab.tmp"
    half_written.write_text("{")
    with store.claim(finished.key) as folder:
        folder.begin()
    assert store.events(finished.key) == []
    assert not half_written.exists()


def test_a_folder_of_another_version(store):
    (store.folder / "store.json").write_text('{"format": 99}')
    for opened in (Store.open, Store.create):
        with pytest.raises(UserError, match=r"another version of the harness \(format 99"):
            opened(store.folder)


def test_a_folder_whose_version_is_unknown(store):
    (store.folder / "store.json").write_text('{"form')
    with pytest.raises(UserError, match="store.json is damaged, so it is not known which version"):
        Store.open(store.folder)


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(UserError, match="runs is a file. Choose another folder with --out."):
        Store.create(tmp_path / "runs")


def test_no_folder_of_results(tmp_path):
    with pytest.raises(UserError, match="is no folder of results. Give the --out of an earlier"):
        Store.open(tmp_path)


def _hold(folder, key, held, let_go):
    with Store(folder).claim(key):
        held.set()
        let_go.wait(30)


def test_a_trial_is_held_by_one_process_and_let_go_when_it_dies(store):
    context = multiprocessing.get_context("spawn")
    held, let_go = context.Event(), context.Event()
    other = context.Process(target=_hold, args=(store.folder, "abc", held, let_go))
    other.start()
    assert held.wait(30)
    assert store.is_held("abc")
    with store.claim("abc") as folder:
        assert folder is None
    other.kill()
    other.join()
    assert not store.is_held("abc")


def _finish(store, record):
    with store.claim(record.key) as folder:
        folder.finish(record)


def test_a_full_disk_is_one_sentence_and_keeps_what_was_there(store, finished, monkeypatch):
    before = (store.trials / finished.key / "record.json").read_text()

    def full(self, *args, **kwargs):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(UserError, match="Cannot write .*: No space left on device. What was fin"):
        _finish(store, finished)
    monkeypatch.undo()
    assert (store.trials / finished.key / "record.json").read_text() == before
    names = {path.name for path in (store.trials / finished.key).iterdir()}
    assert names <= {"record.json", "events.jsonl", "lock"}


def test_a_folder_that_cannot_be_made(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot write .*: (Not a directory|File exists)"):
        Store.create(tmp_path / "file" / "runs")


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    path = tmp_path / "file"
    atomic.write_bytes(path, b"old")

    def write_half():
        with atomic.replacing(path) as partial:
            partial.write_text("ne")
            raise RuntimeError("half-way")

    with pytest.raises(RuntimeError, match="half-way"):
        write_half()
    assert path.read_text() == "old"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
