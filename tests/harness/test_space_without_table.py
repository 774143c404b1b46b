"""A space of two cell types without a table: search, train, test, one row a search, report."""

from pathlib import Path
from statistics import mean, stdev
from typing import Any

import pytest

import harness
from benchmarks.spaces import SPACES
from benchmarks.training.protocol import PROTOCOLS, TrainingProtocol
from harness.commands.command_line import main
from harness.storage.store import Store
from harness.trials.record import TrainRecord, TrainResult

METHODS = "darts-1st,pc-darts,rf-darts,asap,random-ws,random"
SHORT = {"epochs": 2, "steps_per_epoch": 2, "batch_size": 16, "channels": 4, "cells": 2}
TESTED = 4 * 997  # images of the digits' test split, each with noise drawn four times


@pytest.fixture
def small_networks(examples, monkeypatch):
    """Trainings of a moment, of the smallest networks."""
    short: Any = {**vars(PROTOCOLS["tiny"]), "epochs": 2, "early_epochs": 1}
    monkeypatch.setitem(PROTOCOLS, "tiny", TrainingProtocol(**short))
    sizes = {"tiny": {"channels": 2, "cells": 2}}
    monkeypatch.setattr(SPACES["small-cells"], "network_sizes", sizes)


def run(out: Path, **changes: Any) -> Any:
    options = {
        "methods": METHODS,
        "settings": {**SHORT, "draws": 3, "draw_batch_size": 20},
        "seeds": 2,
        "train": "tiny",
        "train_seeds": 3,
        **changes,
    }
    return harness.run(
        **options,
        spaces="small-cells",
        datasets="digits",
        executor="debug",
        out=out,
        report=False,
    )


def test_every_search_has_the_mean_of_its_trainings_and_their_spread(tmp_path, small_networks):
    found = run(tmp_path)
    assert len(found) == 2 * len(METHODS.split(","))
    assert set(found["state"]) == {"done"}
    space: Any = SPACES["small-cells"]
    trained = {
        record.trial.architecture: record.result
        for record in Store.open(tmp_path).records()
        if isinstance(record, TrainRecord) and isinstance(record.result, TrainResult)
    }
    for row in found.itertuples():
        tested = [100 * correct / TESTED for correct in trained[row.architecture].test]
        assert row.test_value == pytest.approx(mean(tested))
        assert row.test_training_sd == pytest.approx(stdev(tested))
        assert row.training_seeds == 3
        cells = space.chosen(space.parse(row.architecture))
        assert {name: len(cell) for name, cell in cells.items()} == {"normal": 4, "reduce": 4}
    harness.report(tmp_path, formats="md")
    text = (tmp_path / "report" / "report.md").read_text()
    assert all(name in text for name in METHODS.split(","))
    assert "between trainings" in text


def test_without_trainings_results_have_no_values_and_say_why(tmp_path, examples, capsys):
    found = run(tmp_path, methods="darts-1st,random-search", settings=SHORT, train=None)
    assert found["method"].tolist() == ["darts-1st"] * 2
    assert found["test_value"].isna().all()
    printed = "".join(capsys.readouterr())
    assert "No table covers small-cells on digits" in printed
    assert "random-search is left out on digits: it scores architectures on a table" in printed


def test_results_of_several_spaces_say_which(tmp_path, examples, capsys):
    for space in ("small-cells", "nas-bench-201"):
        harness.run(
            "random", spaces=space, datasets="digits", seeds=1, executor="debug", out=tmp_path,
            report=False,
        )  # fmt: skip
    capsys.readouterr()
    assert main(["results", str(tmp_path)]) == 0
    head, *rows = capsys.readouterr().out.splitlines()
    assert head.split()[0] == "space"
    assert {row.split()[0] for row in rows} == {"small-cells", "nas-bench-201"}
