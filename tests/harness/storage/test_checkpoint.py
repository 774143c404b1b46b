"""What an unfinished search leaves behind, and how it goes on from there."""

import hashlib
import io
import logging
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from benchmarks.errors import UserError
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.storage.checkpoint import read_checkpoint, write_checkpoint
from harness.storage.store import Store
from harness.trials.notebook import CHECKPOINT_FORMAT, BlankNotebook, Checkpoint
from harness.trials.record import Event
from harness.trials.search import run_search


class Foreign:
    """What nobody should have to load."""


STATE = {"weights": [torch.arange(3.0)], "epoch": 4, "rng": torch.Generator().get_state()}


@pytest.fixture
def path(tmp_path):
    return tmp_path / "checkpoint"


def test_a_checkpoint_round_trips(path):
    write_checkpoint(path, Checkpoint(STATE, events=4, seconds=1.5))
    found = read_checkpoint(path)
    assert found is not None
    assert (found.events, found.seconds, found.state["epoch"]) == (4, 1.5, 4)
    assert torch.equal(found.state["weights"][0], torch.arange(3.0))
    assert torch.equal(found.state["rng"], STATE["rng"])


def test_without_a_checkpoint_a_search_begins(path):
    assert read_checkpoint(path) is None


@pytest.mark.parametrize("spoil", ["cut", "flip"])
def test_a_damaged_checkpoint_is_set_aside_for_the_one_before(path, spoil, caplog):
    for epoch in (1, 2, 3):
        write_checkpoint(path, Checkpoint({"epoch": epoch}, events=epoch, seconds=0.0))
    content = bytearray(path.read_bytes())
    content[100] ^= 1
    path.write_bytes(content[:-50] if spoil == "cut" else content)
    with caplog.at_level(logging.WARNING):
        found = read_checkpoint(path)
    assert found is not None
    assert found.state == {"epoch": 2}
    assert "is truncated or damaged: it is set aside as checkpoint.unreadable" in caplog.text
    assert (path.parent / "checkpoint.unreadable").is_file()
    path.with_name("checkpoint.earlier").write_bytes(b"")
    assert read_checkpoint(path) is None


def test_a_checkpoint_of_another_version_is_set_aside(path, caplog):
    write_checkpoint(path, Checkpoint({}, events=0, seconds=0.0, format=99))
    assert read_checkpoint(path) is None
    assert "was written by another version (format 99)" in caplog.text


@pytest.mark.parametrize("foreign", [Foreign(), np.float64(1), Path("x")])
def test_what_is_not_plain_is_refused_when_it_is_saved(path, foreign):
    """And not when the search is to go on, hours later."""
    with pytest.raises(TypeError, match="can save tensors, numbers, strings, lists and dicts only"):
        write_checkpoint(path, Checkpoint({"x": foreign}, events=0, seconds=0.0))
    assert not path.exists()


def test_nothing_is_unpickled(path):
    """A file with a right digest whose content would run something is set aside."""
    content = io.BytesIO()
    torch.save({"format": CHECKPOINT_FORMAT, "state": Foreign()}, content)
    digest = hashlib.sha256(content.getvalue()).digest()
    path.write_bytes(digest + content.getvalue())
    assert read_checkpoint(path) is None
    assert path.with_name("checkpoint.unreadable").is_file()


def test_a_folder_that_cannot_be_written(tmp_path):
    path = tmp_path / "file" / "checkpoint"
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match="Cannot write"):
        write_checkpoint(path, Checkpoint({}, events=0, seconds=0.0))


def event(number: int) -> Event:
    return Event(f"architecture {number}", 1.0, {"epoch": number})


@pytest.fixture
def trial_record(data_home):
    request = make_request(
        "random", spaces="nas-bench-201", datasets="cifar10", seeds=1, protocol="common",
        settings={}, table=None, device="cpu",
    )  # fmt: skip
    return run_search(make_plan(request).searches[0], BlankNotebook())


@pytest.fixture
def folder(tmp_path):
    with Store.create(tmp_path / "runs").claim("key") as folder:
        assert folder is not None
        yield folder


def test_a_search_goes_on_with_the_events_of_its_checkpoint(folder):
    assert folder.begin() is None
    for number in (1, 2):
        folder.note(event(number))
    folder.save(Checkpoint({"epoch": 2}, events=2, seconds=9.0))
    folder.note(event(3))  # and then the process was killed
    saved = folder.begin()
    assert saved is not None
    assert saved.state == {"epoch": 2}
    assert [each.measured["epoch"] for each in folder.events()] == [1, 2]


@pytest.mark.parametrize(("state", "is_kept"), [("done", False), ("failed", True)])
def test_a_checkpoint_goes_when_the_search_has_a_result(folder, state, is_kept, trial_record):
    folder.begin()
    folder.save(Checkpoint({"epoch": 1}, events=0, seconds=9.0))
    folder.finish(replace(trial_record, state=state))
    assert (folder.begin() is not None) == is_kept


def test_a_checkpoint_without_its_events_gives_way_to_the_one_before(folder, caplog):
    """As after a power cut that the last line did not outlive."""
    folder.begin()
    for number in (1, 2):
        folder.note(event(number))
        folder.save(Checkpoint({"epoch": number}, events=number, seconds=9.0))
    folder._events.write_text(folder._events.read_text().splitlines()[0] + "\n")
    saved = folder.begin()
    assert saved is not None
    assert saved.state == {"epoch": 1}
    assert "does not fit the events that the search has noted" in caplog.text
    folder._events.write_text("")
    assert folder.begin() is None


def test_a_damaged_event_is_never_counted_as_one(folder):
    folder.begin()
    for number in (1, 2, 3):
        folder.note(event(number))
    folder.save(Checkpoint({"epoch": 3}, events=3, seconds=9.0))
    folder.note(event(4))
    first, _, *rest = folder._events.read_text().splitlines()
    folder._events.write_text("\n".join([first, "{", *rest]) + "\n")
    assert folder.begin() is None
    assert folder.events() == []
