"""Making a table: resumed as if never interrupted, and looked up like any other."""

import dataclasses
import io
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from rich.console import Console

from benchmarks.datasets import DIGITS, Dataset
from benchmarks.datasets.image_file import images_of
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.spaces.nas_bench_201 import NasBench201
from benchmarks.spaces.nas_bench_201.architecture import Architecture, operations_by_index
from benchmarks.spaces.nas_bench_201.network import Network
from benchmarks.spaces.nas_bench_201.sharing import convolves_zero, representatives
from benchmarks.spaces.nas_bench_201.topology import is_connected
from benchmarks.tables import table as tables
from benchmarks.training.protocol import PROTOCOLS
from benchmarks.training.timing import measure_cost
from benchmarks.training.training import Examples
from harness.execution.debug import DebugExecutor
from harness.storage.store import Store
from harness.tabulation import tabulate as tabulating
from harness.tabulation.topologies import topologies
from harness.trials import train
from harness.trials.record import CostResult, TrainRecord, TrainResult
from tests.harness.tabulation import made_up_table
from tests.harness.tabulation.made_up_table import ORDER, RECIPE, SEEDS, SHORT, made_up, timed

ROOT = Path(__file__).parents[3]


@pytest.fixture
def whole(tmp_path):
    """A table of made-up trainings of every topology, with those trainings."""
    path = made_up_table.finished(tmp_path / "t.parquet")
    return tables.read_table(path), made_up(ORDER), images_of(DIGITS)


def test_order_is_a_fixed_shuffle_of_the_connected_representatives():
    assert len(ORDER) == len(set(ORDER)) == 4_929
    assert all(is_connected(operations_by_index()[index]) for index in ORDER)
    assert tuple(sorted(ORDER)) != ORDER
    assert ORDER[:3] == (10276, 4437, 2913)  # another order would train others under --limit


def test_architectures_that_share_a_training_share_a_row(whole):
    table, trained, _ = whole
    accuracy = table.accuracy(table.evaluation("digits").test)
    place = trained.index.tolist().index(representatives()[Architecture.from_index(1).index])
    assert accuracy[1] == pytest.approx(100 * trained.test[place].mean() / (4 * 997))
    shared = np.array(representatives())
    assert np.array_equal(accuracy, accuracy[shared])


def test_disconnected_architectures_have_the_majoritys_share(whole):
    table, _, images = whole
    index = Architecture(("none",) * 6).index
    for query in (table.evaluation("digits").valid, table.evaluation("digits").test):
        share = images.majority_shares()[query.split]
        assert table.accuracy(query, index) == pytest.approx(share)


def test_curves_seeds_and_seconds_are_there(whole):
    table, trained, _ = whole
    query = dataclasses.replace(table.evaluation("digits").valid, seed=1)
    index = int(trained.index[5])
    assert table.curve(query, index) == pytest.approx(100 * trained.valid[5, 1] / 400)
    assert table.seeds(query, index) == [0, 1]
    epoch, validation = timed(ORDER).epoch[5], timed(ORDER).validation[5]
    assert table.training_seconds(query, index) == pytest.approx(3 * epoch)
    assert table.evaluation_seconds(query, index) == pytest.approx(validation)


def test_the_early_score_is_the_curves_point_and_costs_its_share(whole):
    table, trained, _ = whole
    early = dataclasses.replace(table.evaluation("digits").valid, epochs=1)
    index = int(trained.index[5])
    assert table.accuracy(early, index) == pytest.approx(trained.valid[5, :, 0].mean() / 4)
    whole_training = table.training_seconds(table.evaluation("digits").valid, index)
    assert table.training_seconds(early, index) == pytest.approx(whole_training / 3)


def test_the_card_says_what_the_table_is_worth(whole, tmp_path):
    table, trained, _ = whole
    page = (tmp_path / "t.md").read_text()
    percent = 100 * trained.test / (4 * 997)
    assert f"mean {percent.mean():.2f} %" in page
    assert f"| {percent.var(axis=1, ddof=1).mean() ** 0.5:.2f} points |" in page
    assert table.card.sha256 in page
    assert "30 architectures trained on their own" in page


def test_architectures_that_share_a_training_for_the_check_are_not_their_own():
    for index in topologies("nas-bench-201").nearly_shared:
        assert representatives()[index] != index
        assert convolves_zero(operations_by_index()[index])


@pytest.fixture
def in_process(monkeypatch):
    """Tabulate in this process, and so shortly that a training takes a moment."""
    monkeypatch.setitem(PROTOCOLS, "tiny", SHORT)
    monkeypatch.setattr(tabulating, "LocalExecutor", lambda context, jobs: DebugExecutor(context))


def tabulate(out: Path, **changes: Any) -> tuple[Path | None, str]:
    """Tabulate the digits; return the path of the table and what the console says."""
    said = io.StringIO()
    asked: dict[str, Any] = {
        "space": "nas-bench-201",
        "dataset": "digits",
        "protocol_name": "tiny",
        "seeds": SEEDS,
        "jobs": 1,
        "yes": True,
    }
    path = tabulating.tabulate(out=out, console=Console(file=said), **(asked | changes))
    return path, said.getvalue()


def store_of(out: Path) -> Store:
    return Store(out.with_name(f"{out.name}.trials"))


def counts(out: Path) -> dict[str, tuple[Any, Any]]:
    """What the trainings beside a table counted, by key."""
    results = {record.key: record.result for record in store_of(out).records()}
    return {
        key: (result.valid, result.test)
        for key, result in results.items()
        if isinstance(result, TrainResult)
    }


def record_files(out: Path) -> dict[Path, int]:
    """When each record beside a table was written, in nanoseconds."""
    return {path: path.stat().st_mtime_ns for path in store_of(out).trials.glob("*/record.json")}


class FewCells(NasBench201):
    """Seven cells of NAS-Bench-201: three to train, three that share these, one disconnected."""

    name = "few-cells"
    near = topologies("nas-bench-201").nearly_shared[:2]
    cells = (*(representatives()[index] for index in near), *near, 4, 1817, 10)
    size = len(cells)

    def index(self, architecture: Architecture) -> int:
        return self.cells.index(architecture.index)

    def architecture(self, index: int) -> Architecture:
        return Architecture.from_index(self.cells[index])

    def canonical(self, architecture: Architecture) -> Architecture:
        return architecture

    def training_shares(self) -> tuple[int, ...]:
        shared = [representatives()[index] for index in self.cells]
        return tuple(map(shared.index, shared))

    def near_shares(self) -> tuple[int, ...]:
        return (2, 3)


FEW_CELLS = FewCells()


def test_a_table_holds_what_its_trainings_counted(tmp_path, in_process, override):
    override(SPACES, "few-cells", f"{__name__}:FEW_CELLS")
    out = tmp_path / "few.parquet"
    path, said = tabulate(out, space="few-cells")
    assert path == out
    assert "few-cells on digits, protocol tiny, 2 seeds: 3 topologies, 0 of them already" in said
    assert "Timing; leave the machine alone" in said
    table = tables.read_table(out)
    recipe = dataclasses.replace(RECIPE, space="few-cells")
    test, valid = table.evaluation("digits").test, table.evaluation("digits").valid
    assert valid is not None
    early = dataclasses.replace(valid, epochs=1)
    for index, shared in enumerate((0, 1, 0, 1, 4, 4)):
        text = str(FEW_CELLS.architecture(shared))
        trained = store_of(out).read(recipe.trial_of_text(text).key)
        assert isinstance(trained, TrainRecord)
        assert isinstance(trained.result, TrainResult)
        for place, seed in enumerate(SEEDS):
            accuracy = table.accuracy(dataclasses.replace(test, seed=seed), index)
            assert accuracy == 100 * trained.result.test[place] / (4 * 997)
            score = table.accuracy(dataclasses.replace(early, seed=seed), index)
            assert score == 100 * trained.result.valid[place][0] / 400
        alone = dataclasses.replace(trained.trial, seeds=(0,), measures="cost")
        cost = store_of(out).read(alone.key)
        assert cost is not None
        assert isinstance(cost.result, CostResult)
        assert table.training_seconds(early, index) == pytest.approx(cost.result.epoch)
    # Three trainings, as many timings, and two of architectures that only almost share one.
    assert len(record_files(out)) == 8
    before = record_files(out)
    assert tabulate(out, space="few-cells") == (out, "")
    assert record_files(out) == before
    assert tables.read_table(out).card.sha256 == table.card.sha256


def test_goes_on_as_if_never_interrupted(tmp_path, in_process):
    """The first topology in one call and the rest in another, against all in one."""
    parts, one = tmp_path / "parts.parquet", tmp_path / "one.parquet"
    path, said = tabulate(parts, limit=1)
    assert path is None
    assert "1 of 4,929 topologies are trained; no table yet" in said
    before = record_files(parts)
    assert "3 topologies, 1 of them already trained" in tabulate(parts, limit=3)[1]
    assert record_files(parts).items() > before.items()
    assert "takes about" not in tabulate(parts, limit=3)[1]
    tabulate(one, limit=3)
    assert len(counts(parts)) == 3
    assert counts(parts) == counts(one)
    assert not parts.exists()


def test_a_damaged_training_is_done_again(tmp_path, in_process, caplog):
    out = tmp_path / "t.parquet"
    tabulate(out, limit=2)
    whole, (damaged, intact) = counts(out), record_files(out)
    written = intact.stat().st_mtime_ns
    damaged.write_bytes(damaged.read_bytes()[:500])
    assert len(counts(out)) == 1
    assert "2 topologies, 1 of them already trained" in tabulate(out, limit=2)[1]
    assert counts(out) == whole
    assert intact.stat().st_mtime_ns == written
    assert f"{damaged} is damaged" in caplog.text


@pytest.mark.parametrize("changed", ["seeds", "protocol"])
def test_trainings_by_another_recipe_are_never_mixed_with_these(
    tmp_path, in_process, monkeypatch, changed
):
    out = tmp_path / "t.parquet"
    tabulate(out, limit=1)
    before, seeds = record_files(out), SEEDS
    if changed == "seeds":
        seeds = (0, 1, 2)
    else:
        longer = dataclasses.replace(SHORT, learning_rate=0.1)
        monkeypatch.setitem(PROTOCOLS, "tiny", longer)
    assert "1 topologies, 0 of them already trained" in tabulate(out, limit=1, seeds=seeds)[1]
    assert record_files(out).items() > before.items()
    records = {record.key: record for record in store_of(out).records()}
    ours = RECIPE.trial_of_text(str(Architecture.from_index(ORDER[0]))).key
    theirs = (records.keys() - {ours}).pop()
    assert isinstance(records[theirs], TrainRecord)
    assert len(counts(out)[ours][1]) == 2
    assert len(counts(out)[theirs][1]) == len(seeds)
    assert counts(out)[ours] != counts(out)[theirs]


def test_trainings_that_fail_end_in_a_sentence_and_are_run_again(tmp_path, in_process, monkeypatch):
    out, measure = tmp_path / "t.parquet", train._measure
    tabulate(out, limit=1)
    trained = counts(out)

    def fail_at_the_third(trial, splits):
        if trial.architecture == str(Architecture.from_index(ORDER[2])):
            raise RuntimeError("no luck")
        return measure(trial, splits)

    monkeypatch.setattr(train, "_measure", fail_at_the_third)
    with pytest.raises(UserError) as raised:
        tabulate(out, limit=3)
    assert str(raised.value) == (
        "1 of 3 trainings failed; the same command runs them again. The first one: "
        "RuntimeError: no luck"
    )
    with pytest.raises(UserError, match="A training fails: RuntimeError: no luck"):
        tabulate(out, limit=3)
    monkeypatch.setattr(train, "_measure", measure)
    assert "3 topologies, 2 of them already trained" in tabulate(out, limit=3)[1]
    assert len(counts(out)) == 3
    assert counts(out).items() > trained.items()


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"space": "darts"}, "Unknown space 'darts'"),
        ({"dataset": "digit"}, "Unknown dataset to tabulate 'digit'. Did you mean 'digits'?"),
        ({"dataset": "none.npz"}, "none.npz is missing"),
        ({"protocol_name": "tin"}, "Unknown training protocol 'tin'. Did you mean 'tiny'?"),
        ({"seeds": ()}, "No training seeds; give --seeds 3"),
        ({"limit": 0}, "--limit 0: give at least 1"),
        ({"jobs": 0}, "--jobs 0: give at least 1"),
    ],
)
def test_mistakes_are_said_in_a_sentence(tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        tabulate(tmp_path / "t.parquet", **changes)


def test_batches_larger_than_the_dataset_are_said_in_a_sentence(tmp_path, monkeypatch):
    monkeypatch.setitem(PROTOCOLS, "tiny", dataclasses.replace(SHORT, batch_size=500))
    with pytest.raises(UserError, match="tiny has batches of 500 and digits only 400 training"):
        tabulate(tmp_path / "t.parquet")
    assert not list(tmp_path.iterdir())


def test_a_long_tabulation_waits_for_a_yes(tmp_path, in_process, monkeypatch):
    monkeypatch.setattr(tabulating, "_LONG_SECONDS", 0.0)
    with pytest.raises(UserError, match="would take about .* Pass --yes to start, or .* --limit"):
        tabulate(tmp_path / "t.parquet", limit=1, yes=False)
    assert not record_files(tmp_path / "t.parquet")


TRAINED = 40
SCRIPT = """
import os, time
from pathlib import Path

from rich.console import Console

from benchmarks.training.protocol import PROTOCOLS
from harness.execution import run_trial
from harness.tabulation import tabulate as tabulating
from harness.trials.attempt import Attempt, record_of
from harness.trials.record import TrainResult
from tests.harness.tabulation.made_up_table import SHORT

LOG, RUNS = Path({log!r}), {runs}


def made_up(trial):
    "What a training gives, without torch, which takes seconds to import."
    time.sleep(0.05)
    return record_of(trial, Attempt("done", TrainResult(((1, 2, 3),) * 2, (4, 5), 0.05)), 0.05)


def logged(trial):
    "A training that begins once so many runs have begun theirs."
    with LOG.open("a") as file:
        file.write(f"{{os.getpid()}} {{trial.key}}\\n")
    give_up = time.monotonic() + 60
    while len({{line.split()[0] for line in LOG.read_text().splitlines()}}) < RUNS:
        assert time.monotonic() < give_up
        time.sleep(0.01)
    return made_up(trial)


# In the workers too, which import this file.
tabulating.run_training, run_trial.run_training = made_up, logged

if __name__ == "__main__":
    PROTOCOLS["tiny"] = SHORT
    tabulating.tabulate("nas-bench-201", "digits", "tiny", (0, 1), Path({out!r}), jobs=1,
                        limit={limit}, yes=True, console=Console(stderr=True))
"""


def tabulation_in_a_process(folder: Path, runs: int) -> Sequence[str]:
    """Return a command that tabulates, and whose trainings begin once `runs` of it run."""
    script = folder / "tabulate_digits.py"
    names = {"log": str(folder / "log"), "out": str(folder / "t.parquet")}
    script.write_text(SCRIPT.format(**names, runs=runs, limit=TRAINED))
    return [sys.executable, str(script)]


def test_a_kill_costs_no_finished_training(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command, out = tabulation_in_a_process(tmp_path, runs=1), tmp_path / "t.parquet"
    killed = subprocess.Popen(command)
    while len(record_files(out)) < 3:
        assert killed.poll() is None
        time.sleep(0.01)
    killed.kill()
    killed.wait()
    before = record_files(out)
    assert len(before) < TRAINED
    # Its worker lets go of the training within a moment, and the next call goes on.
    subprocess.run(command, check=True)
    assert len(counts(out)) == TRAINED
    assert record_files(out).items() > before.items()


def test_two_runs_on_one_folder_train_nothing_twice(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command, out = tabulation_in_a_process(tmp_path, runs=2), tmp_path / "t.parquet"
    both = [subprocess.Popen(command) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    runs, keys = zip(*map(str.split, (tmp_path / "log").read_text().splitlines()), strict=True)
    assert len(set(runs)) == 2
    assert len(keys) == len(set(keys)) == len(counts(out)) == TRAINED


def test_the_clock_needs_no_more_steps_than_an_epoch_has():
    few = Examples(torch.randn(60, 3, 8, 8), torch.arange(60) % 10)
    architecture = Architecture.from_index(1462)
    size = {"channels": 2, "cells_per_stage": 1}
    found = measure_cost(lambda rng: Network(architecture, DIGITS, rng, **size), SHORT, few, few)
    assert found.validation > 0
    assert found.epoch > 0


def test_images_that_do_not_fit_are_said_in_a_sentence(tmp_path):
    rng = np.random.default_rng(0)
    odd, path = Dataset("odd", classes=3, side=10), tmp_path / "odd.npz"
    np.savez(
        path, images=rng.integers(0, 256, (60, 8, 8), dtype=np.uint8), labels=np.arange(60) % 3
    )
    with pytest.raises(UserError, match="a multiple of 4"):
        SPACES["nas-bench-201"].network(Architecture.from_index(0), odd, torch.Generator())
    with pytest.raises(UserError, match="holds 3 classes and a side of 8 pixels"):
        images_of(dataclasses.replace(odd, file=path))
