"""How long ten thousand trials take to plan, to resume and to collect. Run by `tox -e bench`."""

from dataclasses import replace

import pytest

from benchmarks.spaces import tabulated_space
from harness.execution.answering import Answering
from harness.execution.run_plan import left_to_run
from harness.execution.run_trial import Context, run_trial
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.storage import frames
from harness.storage.evaluated import read_searches
from harness.storage.store import Store
from harness.trials.attempt import Attempt, record_of
from harness.trials.record import SearchResult

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
    """A folder with ten thousand finished trials, each of which found another architecture."""
    plan = ten_thousand()
    space, any_result = tabulated_space("nas-bench-201"), Attempt("done", SearchResult(""))
    record = record_of(plan.searches[0], any_result, seconds=1.0)
    records = []
    for index, trial in enumerate(plan.searches):
        found = SearchResult(str(space.architecture(index)))
        records.append(replace(record, key=trial.key, trial=trial, result=found))
        with store.claim(trial.key) as folder:
            folder.finish(records[-1])
    answering = Answering(plan, store)
    answering.add(records)
    return plan


def test_plan(benchmark, data_home):
    benchmark.pedantic(ten_thousand, rounds=3)


def test_resume(benchmark, store, finished):
    done, left = benchmark.pedantic(left_to_run, (finished, store), rounds=3)
    assert (len(done), left) == (TRIALS, [])


def test_collect(benchmark, store, finished):
    results = benchmark.pedantic(lambda: frames.results(read_searches(store)), rounds=3)
    assert len(results) == 3 * TRIALS
    assert results["test_value"].notna().all()


def test_run_a_hundred(benchmark, store, data_home):
    """A hundred random searches of 12,000 simulated seconds, in this process, with accuracies."""
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

    def run():
        records = [run_trial(context, trial, "cpu") for trial in plan.searches]
        return Answering(plan, store).add([record for record in records if record is not None])

    searches = benchmark.pedantic(run, rounds=1)
    assert len(searches) == 100
    assert all(search.evaluation for search in searches)
