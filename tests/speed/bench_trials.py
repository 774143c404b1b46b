"""How long ten thousand trials take to plan, to resume and to collect. Run by `tox -e bench`."""

from dataclasses import replace

import pytest

from harness.execution.run_plan import finished_records
from harness.execution.run_trial import Context, run_trial
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.storage import frames
from harness.storage.store import Store
from harness.trials.notebook import BlankNotebook
from harness.trials.search import run_search

TRIALS = 10_000


def ten_thousand():
    request = make_request(
        "random",
        spaces="nas-bench-201",
        datasets="cifar10",
        seeds=TRIALS,
        protocol="common",
        settings={},
        table=None,
        device="auto",
    )
    return make_plan(request)


@pytest.fixture
def store(data_home, tmp_path):
    return Store.create(tmp_path / "runs")


@pytest.fixture
def finished(store):
    """A folder with ten thousand finished trials."""
    plan = ten_thousand()
    record = run_search(plan.trials[0], BlankNotebook())
    for trial in plan.trials:
        with store.claim(trial.key) as folder:
            folder.finish(replace(record, key=trial.key))
    return plan


def test_plan(benchmark, data_home):
    benchmark.pedantic(ten_thousand, rounds=3)


def test_resume(benchmark, store, finished):
    done = benchmark.pedantic(finished_records, (finished, store), {"retry": False}, rounds=3)
    assert len(done) == TRIALS


def test_collect(benchmark, store, finished):
    results = benchmark.pedantic(lambda: frames.results(store.records()), rounds=3)
    assert len(results) == 3 * TRIALS


def test_run_a_hundred(benchmark, store, data_home):
    """A hundred random searches of 12,000 simulated seconds, in this process."""
    request = make_request(
        "random-search",
        spaces="nas-bench-201",
        datasets="cifar10",
        seeds=100,
        protocol="paper",
        settings={},
        table=None,
        device="auto",
    )
    plan = make_plan(request)
    context = Context(store.folder, "", None)
    records = benchmark.pedantic(
        lambda: [run_trial(context, trial, "cpu") for trial in plan.trials], rounds=1
    )
    assert {record.state for record in records} == {"done"}
