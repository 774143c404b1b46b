"""How long ten thousand trials take to plan, to resume and to collect. Run by `tox -e bench`."""

from dataclasses import replace

import pytest

from harness.execution import batch, run_plan
from harness.execution.batch import Context
from harness.planning import plan as planning
from harness.storage import frames
from harness.storage.store import Store
from harness.trials import search

TRIALS = 10_000


def make_plan():
    asked = planning.campaign(
        "random",
        spaces="nas-bench-201",
        datasets="cifar10",
        seeds=TRIALS,
        protocol="common",
        settings={},
        truth=None,
        device="auto",
    )
    return planning.make(asked)


@pytest.fixture
def store(data_home, tmp_path):
    return Store.create(tmp_path / "runs")


@pytest.fixture
def finished(store):
    """A folder with ten thousand finished trials."""
    plan = make_plan()
    record = search.run(plan.trials[0], search.Nowhere())
    for trial in plan.trials:
        with store.claim(trial.key) as folder:
            folder.finish(replace(record, key=trial.key))
    return plan


def test_plan(benchmark, data_home):
    benchmark.pedantic(make_plan, rounds=3)


def test_resume(benchmark, store, finished):
    done = benchmark.pedantic(run_plan.finished, (finished, store), {"retry": False}, rounds=3)
    assert len(done) == TRIALS


def test_collect(benchmark, store, finished):
    results = benchmark.pedantic(lambda: frames.results(store.records()), rounds=3)
    assert len(results) == 3 * TRIALS


def test_run_a_hundred(benchmark, store, data_home):
    """A hundred random searches of 12,000 simulated seconds, in this process."""
    asked = planning.campaign(
        "random-search",
        spaces="nas-bench-201",
        datasets="cifar10",
        seeds=100,
        protocol="paper",
        settings={},
        truth=None,
        device="auto",
    )
    plan = planning.make(asked)
    context = Context(store.folder, "", None)
    records = benchmark.pedantic(
        lambda: [batch.run(context, trial, "cpu") for trial in plan.trials], rounds=1
    )
    assert {record.state for record in records} == {"done"}
