"""`show`: one architecture, or the settings of a run."""

import json

import pytest


@pytest.mark.data
def test_an_architecture(public_sources, monkeypatch, tmp_path, harness_process):
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    fetched = harness_process("data", "fetch", "nas-bench-201", "--from", public_sources)
    assert fetched.returncode == 0
    shown = json.loads(harness_process("show", "1835", "--json").stdout)
    assert shown["architecture"] == (
        "|skip_connect~0|+|skip_connect~0|skip_connect~1|"
        "+|skip_connect~0|skip_connect~1|skip_connect~2|"
    )
    assert (shown["parameters"], shown["macs"]) == (73_306, 7_783_050)
    assert round(shown["evaluations"]["cifar10"]["test_value"], 2) == 54.30
    assert shown["evaluations"]["cifar10"]["test_query"].startswith("cifar10/ori-test, 200 epochs")
    text = harness_process("show", shown["architecture"]).stdout
    assert "─ skip_connect ─▶ 3 (output)" in text
    assert "54.30" in text
    verified = harness_process("data", "verify")
    assert verified.returncode == 0
    assert verified.stdout.count(": here") == 8  # the table of the digits among them


def test_a_run(finished, harness_process):
    text = harness_process("show", finished.folder).stdout
    assert "random-search 1 on nas-bench-201, searched on cifar10, protocol paper" in text
    assert "time_budget_seconds = 12000.0    read: D-X-Y/AutoDL-Projects@f46486e" in text


def test_a_trial(finished, harness_process):
    trial = next(iter(finished.folder.glob("trials/*")))
    (shown,) = json.loads(harness_process("show", trial, "--json").stdout)["trials"]
    assert shown["key"] == trial.name
    assert shown["command"].startswith(
        "python -m harness run --methods random-search,random --datasets cifar10 --seeds 3"
    )
