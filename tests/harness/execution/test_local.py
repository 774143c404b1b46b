"""Runs in worker processes: parallel, killed, interrupted, shared."""

import os
import signal
import subprocess
import sys
import time
from typing import Any

import pandas as pd
import pytest

import harness
from benchmarks.spaces import SPACES
from harness.execution.executor import Ended
from harness.execution.local import LocalExecutor
from harness.execution.run_trial import Context
from harness.storage.frames import COLUMNS
from harness.storage.store import Store
from methods import METHODS
from methods.method import Outcome
from methods.random_architecture import RandomArchitecture
from tests.conftest import data_home_with
from tests.harness.execution.plans import small_plan

ALONE: Any = {"datasets": "cifar10", "jobs": 1, "report": False}
SECONDS = ["search_seconds", "finished_at"]
SEEDS = 200
ASKED = [
    *["run", "--methods", "random-search,random", "--datasets", "cifar10"],
    *["--seeds", str(SEEDS), "--no-report"],
    *["--set", "time_budget_seconds=4000", "--jobs", "2"],
]


def command(out):
    return [sys.executable, "-m", "harness", *ASKED, "--out", str(out)]


def signalled(name, records, out):
    """The same command, which gets a signal after so many records."""
    program = [sys.executable, "-m", "tests.harness.signalled", name, str(records)]
    return [*program, *ASKED, "--out", str(out)]


def results(out) -> pd.DataFrame:
    return harness.results(out).drop(columns=SECONDS)


@pytest.fixture(scope="module")
def unbroken(made_up_table, tmp_path_factory):
    """The results of a run that nothing disturbed."""
    home = data_home_with(made_up_table, tmp_path_factory.mktemp("home"))
    out = tmp_path_factory.mktemp("unbroken")
    subprocess.run(command(out), check=True, env={**os.environ, "HARNESS_DATA": str(home)})
    return results(out)


def test_results_have_the_documented_columns(unbroken):
    assert list(unbroken.columns) == [name for name in COLUMNS if name not in SECONDS]
    assert len(unbroken) == 2 * SEEDS * 3
    assert (unbroken["state"] == "done").all()
    space = SPACES["nas-bench-201"]
    collapsed = [space.is_collapsed(space.parse(each)) for each in unbroken["architecture"]]
    assert unbroken["collapsed"].tolist() == collapsed
    assert 0 < sum(collapsed) < len(collapsed)  # of the random architectures
    assert (
        unbroken[["valid_value", "test_value", "rank", "parameters", "macs"]].notna().all(axis=None)
    )
    assert unbroken.loc[unbroken.method == "random", "simulated_seconds"].isna().all()
    assert (
        unbroken.loc[unbroken.method == "random-search", "simulated_seconds"]
        .between(3_500, 4_000)
        .all()
    )


def test_random_search_beats_a_random_draw(unbroken):
    searched = unbroken[unbroken.dataset == "cifar10"]
    means = searched.groupby("method")["test_value"].mean()
    assert means["random-search"] > means["random"] + 15


def finished_in(out) -> int:
    return len(list(out.glob("trials/*/record.json")))


def test_a_killed_run_ends_in_the_same_results(data_home, tmp_path, unbroken):
    out = tmp_path / "runs"
    for records in (1, 90, 230):
        killed = signalled("SIGKILL", records, out)
        process = subprocess.run(killed, stderr=subprocess.DEVNULL, start_new_session=True)
        assert process.returncode == -signal.SIGKILL
        assert records <= finished_in(out) < 2 * SEEDS
    subprocess.run(command(out), check=True)
    pd.testing.assert_frame_equal(results(out), unbroken)


@pytest.fixture
def executions(tmp_path, monkeypatch):
    """A file to which every process of the harness adds the key of each trial that it runs."""
    site, log = tmp_path / "site", tmp_path / "executions"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import os\n"
        "from harness.execution import run_trial\n"
        "run = run_trial.run_search\n"
        "def counted(trial, *others):\n"
        f"    with open({str(log)!r}, 'a') as file: file.write(trial.key + '\\n')\n"
        "    return run(trial, *others)\n"
        "run_trial.run_search = counted\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.getcwd()]))
    return log


def test_two_processes_on_one_folder_repeat_nothing(data_home, executions, tmp_path, unbroken):
    out = tmp_path / "runs"
    both = [subprocess.Popen(command(out)) for _ in range(2)]
    assert [process.wait() for process in both] == [0, 0]
    pd.testing.assert_frame_equal(results(out), unbroken)
    keys = executions.read_text().split()
    assert len(keys) == len(set(keys)) == 2 * SEEDS


def test_one_worker_gives_the_same_as_two(data_home, tmp_path, unbroken):
    found = harness.run(
        "random,random-search",  # the order of methods does not matter either
        seeds=5,
        datasets="cifar10",
        settings={"time_budget_seconds": 4000},
        jobs=1,
        out=tmp_path / "runs",
        report=False,
    )
    expected = unbroken.query("seed < 5").reset_index(drop=True)
    pd.testing.assert_frame_equal(found.drop(columns=SECONDS), expected)


def test_finished_trials_are_not_run_again(data_home, tmp_path):
    arguments = {"methods": "random", "seeds": 3, "out": tmp_path / "runs", **ALONE}
    first = harness.run(**arguments)
    again = harness.run(**arguments)
    more = harness.run(**{**arguments, "seeds": 4})
    pd.testing.assert_frame_equal(first, again)  # times of running included
    pd.testing.assert_frame_equal(more.query("seed < 3").reset_index(drop=True), first)


def test_interrupting_keeps_what_is_finished(data_home, tmp_path):
    out = tmp_path / "runs"
    interrupted = signalled("SIGINT", 1, out)
    process = subprocess.run(interrupted, capture_output=True, text=True, start_new_session=True)
    assert process.returncode == 130
    assert process.stderr.endswith(
        "harness: Interrupted. Finished trials are kept; run the same command to resume.\n"
    )
    assert "Traceback" not in process.stderr
    assert len(Store.open(out).records()) > 0


class _Dying(RandomArchitecture):
    """Kills its own process at one seed, fails at another."""

    name = "random"

    def search(self, task) -> Outcome:
        draw = task.rng("sampling").integers(5, size=6).tolist()
        if draw == _draw_of_seed(1):
            os.kill(os.getpid(), signal.SIGKILL)
        if draw == _draw_of_seed(3):
            raise ArithmeticError("no good")
        return super().search(task)


def _draw_of_seed(seed):
    from harness.trials.seeds import generator

    rng = generator(seed, "nas-bench-201", "cifar10", "random", "sampling")
    return rng.integers(5, size=6).tolist()


@pytest.fixture
def dying_method(data_home, monkeypatch, tmp_path):
    """Registers the dying method in this process and, by a start-up file, in every worker."""
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "from methods import METHODS\n"
        "override = METHODS.overridden('random', 'tests.harness.execution.test_local:_Dying')\n"
        "override.__enter__()\n"
    )
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(site), os.getcwd()]))
    # By monkeypatch, so that a test can undo both.
    dying = {**METHODS._targets, "random": f"{__name__}:_Dying"}
    monkeypatch.setattr(METHODS, "_targets", dying)


def test_a_worker_that_dies_costs_one_trial(dying_method, tmp_path):
    found = harness.run("random", seeds=6, out=tmp_path / "runs", **ALONE)
    states = found.drop_duplicates("key").set_index("seed")
    assert list(states["state"]) == ["done", "failed", "done", "failed", "done", "done"]
    assert "its worker process was ended by SIGKILL" in states.loc[1, "reason"]
    assert states.loc[3, "reason"] == "ArithmeticError: no good"
    failed = found.query("state == 'failed'")
    assert len(failed) == 2 * 3
    assert failed["test_value"].dropna().empty


def test_failed_trials_are_kept_and_run_again_only_when_asked(dying_method, tmp_path, monkeypatch):
    arguments = {"methods": "random", "seeds": 2, "out": tmp_path / "runs", **ALONE}
    first = harness.run(**arguments)
    pd.testing.assert_frame_equal(harness.run(**arguments), first)
    monkeypatch.undo()
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "data"))
    assert set(harness.run(**arguments, retry=True)["state"]) == {"done"}


def test_workers_that_cannot_start_end_the_run_in_one_sentence(data_home, tmp_path):
    """A script without a guard runs itself again in every worker."""
    script = tmp_path / "script.py"
    script.write_text(
        "import harness\n"
        f"harness.run('random', seeds=2, jobs=1, out={str(tmp_path / 'runs')!r}, report=False)\n"
    )
    done = subprocess.run([sys.executable, str(script)], capture_output=True, text=True)
    assert done.returncode == 1
    assert "below `if __name__ == '__main__':`" in done.stderr.splitlines()[-1]
    assert Store.open(tmp_path / "runs").records() == []


@pytest.mark.parametrize("seconds", [0.4, 0.8, 1.3])
def test_ctrl_c_at_the_start_is_never_lost(data_home, tmp_path, seconds):
    endless = [*command(tmp_path / "runs"), "--set", "time_budget_seconds=1e6", "--yes"]
    process = subprocess.Popen(endless, stderr=subprocess.PIPE, text=True, start_new_session=True)
    time.sleep(seconds)
    os.killpg(process.pid, signal.SIGINT)
    _, printed = process.communicate(timeout=30)
    assert process.returncode in (130, -signal.SIGINT)
    assert "Traceback" not in printed


def test_an_idle_worker_that_dies_costs_nothing(data_home, tmp_path):
    """Trainings come one by one, so that workers wait in between."""
    first, second = small_plan(2).searches
    store = Store.create(tmp_path / "runs")
    executor = LocalExecutor(Context(store.folder, "", None), jobs=1)
    ended: list[Ended] = []
    with executor:
        executor.submit([first], 0.0)
        while not (executor._workers and executor._workers[0].is_idle and ended):
            ended += executor.wait(1.0)
        process = executor._workers[0]._process
        process.kill()
        process.join()
        executor.submit([second], 0.0)
        while len(ended) < 2:
            ended += executor.wait(1.0)
    assert [each.record and each.record.state for each in ended] == ["done", "done"]
