"""Trials on disk."""

import errno
import json
import logging
import math
import multiprocessing
import os
from dataclasses import replace

import pytest

from benchmarks.errors import UserError
from benchmarks.files import atomic
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.storage.sealed import seal
from harness.storage.store import Store
from harness.trials.notebook import BlankNotebook, Checkpoint
from harness.trials.record import Event
from harness.trials.search import run_search
from methods import METHODS, version_of
from methods.random_search import RandomSearch


@pytest.fixture
def trial(data_home):
    request = make_request(
        "random-search",
        spaces="nas-bench-201",
        datasets="cifar10",
        seeds="0,",
        protocol="paper",
        settings={"time_budget_seconds": 2_000},
        table=None,
        device="auto",
    )
    return make_plan(request).searches[0]


@pytest.fixture
def store(tmp_path):
    return Store.create(tmp_path / "runs")


@pytest.fixture
def finished(store, trial):
    with store.claim(trial.key) as folder:
        folder.begin()
        record = run_search(trial, folder)
        folder.finish(record)
    return record


def test_a_record_round_trips(store, finished):
    assert finished.state == "done"
    assert store.read(finished.key) == finished
    assert store.records() == [finished]


def test_a_record_says_everything_of_its_making(finished):
    assert finished.trial.settings["time_budget_seconds"] == 2_000
    assert finished.trial.provenance["overshoot"].startswith("read:")
    assert finished.trial.table.name == "nats-bench-public"
    assert set(finished.environment) >= {"python", "numpy", "torch"}


def test_events_are_the_best_so_far(store, finished):
    events = store.events(finished.key)
    scores = [event.measured["score"] for event in events]
    assert scores == sorted(scores)
    assert events[-1].architecture == finished.result.architecture


def test_the_same_trial_gives_the_same_result(trial):
    first, second = (run_search(trial, BlankNotebook()) for _ in range(2))
    assert first.result == second.result


def _damage(record: bytes) -> dict[str, bytes]:
    content = json.loads(record).get("content", {})

    def sealed(**changes) -> bytes:
        return seal(json.dumps(content | changes).encode()) + b"\n"

    return {
        "truncated": record[:-100],
        "without its newline": record[:-1] + b"x",
        "empty": b"",
        "garbage": bytes(range(256)),
        "null": b"null",
        "not sealed": json.dumps(content).encode(),
        "a digit changed": record.replace(b"2000", b"2001"),
        "sealed nothing": seal(b"null") + b"\n",
        "sealed list": seal(b"[]") + b"\n",
        "other version": sealed(format=99),
        "no trial": sealed(trial={}),
        "another trial's key": sealed(key="0" * 16),
        "another seed": sealed(trial={**content.get("trial", {}), "seed": 1}),
        "no time": sealed(finished_at="yesterday"),
        "no state": sealed(state="splendid"),
        "no number": sealed(seconds="x"),
        "no kind": sealed(trial={**content.get("trial", {}), "kind": "x"}),
    }


@pytest.mark.parametrize("how", _damage(b"{}"))
def test_a_damaged_record_is_not_finished(store, finished, caplog, how):
    path = store.trials / finished.key / "record.json"
    path.write_bytes(_damage(path.read_bytes())[how])
    with caplog.at_level(logging.WARNING):
        assert store.read(finished.key) is None
        assert store.records() == []
    assert "record.json is damaged, or the record of another trial or version" in caplog.text
    assert "the same `run` runs it again" in caplog.text


def test_nan_and_infinity_are_kept(store, finished):
    """JSON has neither, and a loss may be either."""
    strange = [math.nan, math.inf, -math.inf, -0.0, 5e-324]
    event = Event("a", math.inf, {str(each): each for each in strange}, {"alpha/cell": [strange]})
    result = replace(finished.result, simulated_seconds=-math.inf)
    record = replace(finished, seconds=math.nan, result=result)
    with store.claim(finished.key) as folder:
        folder.begin()
        folder.note(event)
        folder.finish(record)
    assert repr(store.events(finished.key)) == repr([event])
    read = store.read(finished.key)
    assert repr(replace(read, finished_at=record.finished_at)) == repr(record)


def test_a_trial_that_failed_leaves_its_traceback(store, trial, override):
    override(METHODS, "random-search", f"{__name__}:_Failing")
    trial = replace(trial, method_version=version_of(_Failing))
    with store.claim(trial.key) as folder:
        folder.finish(run_search(trial, folder))
    record = store.read(trial.key)
    assert (record.state, record.reason) == ("failed", "KeyError: 'weights'")
    assert "test_store.py" in record.traceback
    assert record.traceback.endswith("KeyError: 'weights'\n")


class _Failing(RandomSearch):
    def search(self, task):
        raise KeyError("weights")


def test_a_record_is_on_the_disk_before_its_checkpoint_goes(store, finished, monkeypatch):
    synced = []
    monkeypatch.setattr(os, "fsync", lambda descriptor: synced.append(os.fstat(descriptor).st_ino))
    removed_after = []
    monkeypatch.setattr(
        "harness.storage.store.remove_checkpoints", lambda path: removed_after.extend(synced)
    )
    with store.claim(finished.key) as folder:
        folder.save(Checkpoint({}, 0, 0.0))
        synced.clear()
        folder.finish(finished)
    assert (store.trials / finished.key / "record.json").stat().st_ino in removed_after
    assert (store.trials / finished.key).stat().st_ino in removed_after


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
    with pytest.raises(UserError, match="store.json is damaged, so it is unknown which version"):
        Store.open(store.folder)


def test_a_file_in_place_of_the_folder(tmp_path):
    (tmp_path / "runs").write_text("")
    with pytest.raises(UserError, match="runs is a file. Choose another folder with --out."):
        Store.create(tmp_path / "runs")


def test_no_folder_of_results(tmp_path):
    with pytest.raises(UserError, match="is not a results folder. Give the --out of an earlier"):
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
    with pytest.raises(UserError, match="Cannot write .*: No space left on device. Finished"):
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
