"""Folders that earlier versions of the harness wrote: listed, and refused by everything else."""

import json

import pytest

from benchmarks.errors import UserError
from benchmarks.metric import EARLIER_NAMES
from harness import api
from harness.commands import command_line
from harness.storage.sealed import seal
from harness.storage.store import Store

TRIAL = {
    "method": "random",
    "method_version": "1",
    "space": "nas-bench-201",
    "space_version": "1",
    "search_dataset": "cifar10",
    "protocol": "common",
    "overrides": "",
    "settings": {},
    "seed": 3,
    "table": "nats-bench-public",
    "table_version": "v1",
    "table_sha256": "abc",
    "arithmetic": {"device": "none"},
    "provenance": {},
}
EVALUATION = {
    "valid_accuracy": 80.5,
    "valid_query": "cifar10-valid/x-valid, 200 epochs, mean of training seeds",
    "test_accuracy": 90.25,
    "test_query": "cifar10/ori-test, 200 epochs, mean of training seeds",
    "optimum_test_accuracy": 94.5,
    "regret": 4.25,
    "rank": 700,
    "percentile": 40.0,
    "share_as_good": 60.0,
    "parameters": 1000,
    "macs": 2000,
}
RECORD = {
    "key": "0123456789abcdef",
    "trial": TRIAL,
    "state": "done",
    "search_seconds": 1.5,
    "datasets": ["cifar10", "cifar100"],
    "environment": {"python": "3.11"},
    "finished_at": "2026-11-01T10:00:00Z",
    "reason": None,
    "collapsed": False,
    "architecture": "|none~0|",
    "simulated_seconds": None,
    "evaluated": 0,
    "peak_memory_mib": None,
    "device_name": "",
    "evaluations": [{"dataset": name, **EVALUATION} for name in ("cifar10", "cifar100")],
    "table_description": "a table",
    "table_notes": ["a note"],
    "command": "",
    "commit": None,
}


def renamed(content):
    return {name.replace("table", "truth"): value for name, value in content.items()}


def format_1(record):
    older = renamed(record) | {"trial": renamed(record["trial"]), "format": 1}
    return json.dumps(older).encode()


def format_2(record):
    return seal(json.dumps(record | {"traceback": None, "format": 2}).encode()) + b"\n"


WRITERS = {1: format_1, 2: format_2}


def folder_of(path, number, records):
    for record in records:
        trial = path / "trials" / record["key"]
        trial.mkdir(parents=True)
        (trial / "record.json").write_bytes(WRITERS[number](record))
    (path / "store.json").write_text(json.dumps({"format": number}))
    return path


@pytest.mark.parametrize("number", WRITERS)
def test_results_lists_them(tmp_path, capsys, number):
    failed = RECORD | {
        "key": "f" * 16, "trial": TRIAL | {"seed": 4}, "state": "failed", "reason": "no",
        "architecture": None, "evaluations": [],
    }  # fmt: skip
    runs = folder_of(tmp_path, number, [RECORD, failed])
    results = api.results(runs)
    assert results["seed"].tolist() == [3, 3, 4, 4]
    done = results.loc[results["seed"] == 3].iloc[0]
    for name, value in {**EVALUATION, "table": "nats-bench-public", "table_sha256": "abc",
                        "search_seconds": 1.5, "architecture": "|none~0|"}.items():  # fmt: skip
        assert done[EARLIER_NAMES.get(name, name)] == value, name
    assert results.loc[results["seed"] == 4, "test_value"].isna().all()
    assert command_line.main(["results", str(runs), "--csv"]) == 0
    assert "90.25" in capsys.readouterr().out


@pytest.mark.parametrize("number", WRITERS)
def test_a_damaged_record_is_left_out(tmp_path, number, caplog):
    runs = folder_of(tmp_path, number, [RECORD])
    path = runs / "trials" / RECORD["key"] / "record.json"
    path.write_bytes(path.read_bytes()[:-40])
    assert api.results(runs).empty
    assert "record.json is damaged and left out" in caplog.text


@pytest.mark.parametrize("number", WRITERS)
def test_everything_else_refuses_them(tmp_path, number):
    runs = folder_of(tmp_path, number, [RECORD])
    for opened in (Store.open, Store.create, Store.planned):
        with pytest.raises(UserError, match="earlier version .* still lists it"):
            opened(runs)
    with pytest.raises(UserError, match="earlier version"):
        api.report(runs)
