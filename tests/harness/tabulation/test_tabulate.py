"""Making a table: resumed as if never interrupted, and looked up like any other."""

import dataclasses
import io
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.spaces.nas_bench_201 import NasBench201
from benchmarks.spaces.nas_bench_201.architecture import Architecture
from benchmarks.spaces.nas_bench_201.sharing import representatives
from benchmarks.tables import table as tables
from benchmarks.training.protocol import PROTOCOLS
from harness.execution.debug import DebugExecutor
from harness.storage.store import Store
from harness.tabulation import tabulate as tabulating
from harness.tabulation.topologies import topologies
from harness.trials import train
from harness.trials.record import CostResult, TrainRecord, TrainResult
from tests.harness.tabulation.made_up_table import ORDER, RECIPE, SEEDS, SHORT, SIZE

ROOT = Path(__file__).parents[3]


@pytest.fixture
def in_process(monkeypatch):
    """Tabulate in this process, and so shortly that a training takes a moment."""
    monkeypatch.setitem(PROTOCOLS, "tiny", SHORT)
    monkeypatch.setattr(NasBench201, "network_sizes", {"tiny": SIZE})
    monkeypatch.setattr(tabulating, "LocalExecutor", lambda context, jobs: DebugExecutor(context))


def tabulate(out: Path, **changes: Any) -> tuple[Path | None, str]:
    """Tabulate the digits; return the path of the table and what the console says."""
    output = io.StringIO()
    arguments: dict[str, Any] = {
        "space": "nas-bench-201",
        "dataset": "digits",
        "protocol_name": "tiny",
        "seeds": SEEDS,
        "jobs": 1,
        "yes": True,
    }
    path = tabulating.tabulate(out=out, console=Console(file=output), **(arguments | changes))
    return path, output.getvalue()


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
    path, output = tabulate(out, space="few-cells")
    assert path == out
    assert "few-cells on digits, protocol tiny, 2 seeds: 3 topologies, 0 of them already" in output
    assert "Timing; leave the machine alone" in output
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
            accuracy = table.values(dataclasses.replace(test, seed=seed), index)
            assert accuracy == 100 * trained.result.test[place] / (4 * 997)
            score = table.values(dataclasses.replace(early, seed=seed), index)
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


def test_a_tabulation_in_parts_equals_one_at_once(tmp_path, in_process):
    """The first topology in one call and the rest in another, against all in one."""
    parts, one = tmp_path / "parts.parquet", tmp_path / "one.parquet"
    path, output = tabulate(parts, limit=1)
    assert path is None
    assert "1 of 4,929 topologies are trained; no table yet" in output
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


def test_failed_trainings_are_reported_and_run_again(tmp_path, in_process, monkeypatch):
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
def test_usage_errors(tmp_path, changes, message):
    with pytest.raises(UserError, match=message):
        tabulate(tmp_path / "t.parquet", **changes)


def test_batches_larger_than_the_dataset_are_refused(tmp_path, monkeypatch):
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
import os, sys, time
from pathlib import Path

from rich.console import Console

from benchmarks.training.protocol import PROTOCOLS
from harness.execution import run_trial
from harness.tabulation import tabulate as tabulating
from harness.trials.attempt import Attempt, record_of
from harness.trials.record import TrainResult
from tests.harness.signalled import send_after
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201, NasBench201
from tests.harness.tabulation.made_up_table import SHORT, SIZE

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
    if sys.argv[1:]:
        send_after(int(sys.argv[1]), "SIGKILL")
    PROTOCOLS["tiny"] = SHORT
    NasBench201.network_sizes = {{"tiny": SIZE}}
    tabulating.tabulate("nas-bench-201", "digits", "tiny", (0, 1), Path({out!r}), jobs=1,
                        limit={limit}, yes=True, console=Console(stderr=True))
"""


def tabulation_in_a_process(folder: Path, runs: int) -> Sequence[str]:
    """Return a command that tabulates; its trainings begin once `runs` of it run.

    With a number as its argument, it is killed after so many of them.
    """
    script = folder / "tabulate_digits.py"
    names = {"log": str(folder / "log"), "out": str(folder / "t.parquet")}
    script.write_text(SCRIPT.format(**names, runs=runs, limit=TRAINED))
    return [sys.executable, str(script)]


def test_a_kill_costs_no_finished_training(tmp_path, monkeypatch):
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    command, out = tabulation_in_a_process(tmp_path, runs=1), tmp_path / "t.parquet"
    assert subprocess.run([*command, "3"]).returncode == -signal.SIGKILL
    before = record_files(out)
    assert 3 <= len(before) < TRAINED
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
