"""The run loop, without processes: what it reads, starts, waits for and hands on."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.execution.debug import DebugExecutor
from harness.execution.executor import Ended
from harness.execution.run_plan import estimate_seconds, left_to_run, run_plan
from harness.execution.run_trial import Context, record_death, run_trial
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.storage.store import Store
from harness.trials.attempt import failure
from harness.trials.record import Record
from harness.trials.trial import Trial
from methods.method import Outcome
from methods.random_architecture import RandomArchitecture
from tests.harness.execution.plans import small_plan


@pytest.fixture
def store(data_home, tmp_path):
    return Store.create(tmp_path / "runs")


def context_of(store: Store, **changes: Any) -> Context:
    return replace(Context(store.folder, "", None), **changes)


@dataclass
class Chain:
    """Each trial becomes ready when the one before it is done; one that fails blocks the rest."""

    trials: Sequence[Trial]
    asked: list[set[str]] = field(default_factory=list)

    def ready(self, records, busy):
        """The first trial without a record, if all before it are done."""
        self.asked.append(set(records))
        for trial in self.trials:
            if trial.key not in records:
                return [] if trial.key in busy else [trial]
            if records[trial.key].state != "done":
                return []
        return []

    def expected_seconds(self, trials):
        """No time at all."""
        return 0.0

    def unfolding_seconds(self, records):
        """Nothing that is not known."""
        return 0.0


def run(plan: Any, store: Store, **options: Any) -> tuple[dict[str, Record], list[str]]:
    """Run a plan in this process; return its records, and the keys in the order they ran."""
    ran: list[str] = []
    on_record: Callable[[Record], None] = options.pop("on_record", lambda record: None)

    def note(record: Record) -> None:
        ran.append(record.key)
        on_record(record)

    executor = DebugExecutor(context_of(store, redo=options.get("redo")), on_record=note)
    return dict(run_plan(plan, executor, store, **options)), ran


def test_finished_trials_are_read_and_the_rest_is_run(store):
    plan = small_plan(3)
    keys = [trial.key for trial in plan.searches]
    _, first = run(replace(plan, searches=plan.searches[:2]), store)
    seen: list[list[str]] = []
    records, ran = run(plan, store, on_records=lambda new: seen.append([r.key for r in new]))
    assert first == keys[:2]
    assert ran == keys[2:]
    assert set(records) == set(keys)
    assert seen == [keys[:2], keys[2:]]


def test_what_waits_starts_as_soon_as_it_can(store):
    plan = Chain(small_plan(4).searches)
    records, ran = run(plan, store)
    keys = [trial.key for trial in plan.trials]
    assert ran == keys
    assert list(records) == keys
    assert [len(asked) for asked in plan.asked] == [0, 1, 2, 3, 4]


def test_a_failed_trial_blocks_what_needs_it_until_it_is_run_again(store, monkeypatch):
    def fail_at_seed_1(self: Any, task: Any) -> Outcome:
        if task.trial.seed == 1:
            raise ArithmeticError("no good")
        return search(self, task)

    search = RandomArchitecture.search
    trials = small_plan(3).searches
    first, second, third = (trial.key for trial in trials)
    with monkeypatch.context() as patch:
        patch.setattr(RandomArchitecture, "search", fail_at_seed_1)
        records, ran = run(Chain(trials), store)
    assert ran == [first, second]
    assert records[second].reason == "ArithmeticError: no good"
    assert run(Chain(trials), store) == (records, [])
    records, ran = run(Chain(trials), store, redo=datetime.now(UTC))
    assert ran == [second, third]
    assert {record.state for record in records.values()} == {"done"}


def test_every_earlier_record_is_read_before_anything_starts(store):
    """A chain whose links are all recorded is followed to its end in one go."""
    plan = Chain(small_plan(4).searches)
    run(plan, store)
    done, left = left_to_run(Chain(plan.trials), store)
    assert (len(done), left) == (4, [])
    _, ran = run(Chain(plan.trials), store)
    assert ran == []


def test_a_run_stopped_after_any_record_ends_in_the_same_records(store, tmp_path):
    plan = small_plan(4, "random,random-search")
    whole, order = run(plan, Store.create(tmp_path / "whole"))
    for stop in range(len(order)):
        stopped = Store.create(tmp_path / f"stopped-{stop}")
        left = iter(range(stop))

        def interrupt(record: Record, left: Any = left) -> None:
            if next(left, None) is None:
                raise KeyboardInterrupt

        with pytest.raises(KeyboardInterrupt):
            run(plan, stopped, on_record=interrupt)
        assert len(stopped.records()) == stop + 1
        records, ran = run(plan, stopped)
        assert ran == order[stop + 1 :]
        assert {key: record.result for key, record in records.items()} == {
            key: record.result for key, record in whole.items()
        }


def test_trials_of_another_process_are_waited_for(store, caplog):
    """Held by this very process, the trial is somebody else's to the executor."""
    plan = small_plan(2)
    first, second = (trial.key for trial in plan.searches)
    claim = store.claim(first)
    claim.__enter__()
    records, ran = run(plan, store, on_record=lambda record: claim.__exit__(None, None, None))
    assert ran == [second, first]
    assert set(records) == {first, second}
    assert "Waiting for 1 trials that another process is running" in caplog.text


def test_what_another_process_has_finished_is_taken_as_it_is(store):
    plan = small_plan(2)
    first, second = plan.searches
    theirs = run_trial(context_of(store, command="theirs"), first, "cpu")
    records, ran = run(plan, store)
    assert ran == [second.key]
    assert records[first.key] == theirs


class _Elsewhere:
    """An executor whose trials are all held by another process that never ends."""

    def __init__(self, looks: int):
        self.looks, self.submitted = looks, 0

    def submit(self, trials, seconds):
        self.trials, self.submitted = list(trials), self.submitted + len(trials)

    def wait(self, seconds):
        self.looks -= 1
        if not self.looks:
            raise KeyboardInterrupt
        ended, self.trials = [Ended(trial, None) for trial in self.trials], []
        return ended

    def __enter__(self):
        return self

    def __exit__(self, *_):
        pass


def test_a_trial_that_stays_held_is_not_tried_again_and_again(store):
    plan = small_plan(1)
    executor = _Elsewhere(looks=5)
    with store.claim(plan.searches[0].key), pytest.raises(KeyboardInterrupt):
        run_plan(plan, executor, store)  # type: ignore[arg-type]
    assert executor.submitted == 1


def test_a_death_is_never_blamed_on_a_trial_of_another_process(store):
    first, second = small_plan(2).searches
    context = context_of(store)
    with store.claim(first.key):
        assert record_death(context, first, "died") is None
    assert store.records() == []
    done = run_trial(context, second, "cpu")
    assert record_death(context, second, "died") == done
    assert [record.state for record in store.records()] == ["done"]
    record = record_death(context, first, "died")
    assert record is not None
    assert (record.state, record.reason) == ("failed", "died")


def test_a_retry_runs_failures_of_before_and_nothing_else(store):
    """Another process may have recorded a failure since."""
    done, failed = small_plan(2).searches
    run_trial(context_of(store), done, "cpu")
    with store.claim(failed.key) as folder:
        assert folder is not None
        folder.finish(failure(failed, "no"))
    ended = failure(failed, "no").finished_at
    plan = replace(small_plan(2))
    _, ran = run(plan, store, redo=ended - timedelta(hours=1))
    assert ran == []
    records, ran = run(plan, store, redo=ended + timedelta(hours=1))
    assert ran == [failed.key]
    assert records[failed.key].state == "done"


def test_an_estimate_counts_workers_and_trials(data_home):
    plan = small_plan(100, "random-search")
    one = estimate_seconds(plan, {}, plan.searches, jobs=1)
    assert estimate_seconds(plan, {}, [], jobs=1) == 0
    assert one > estimate_seconds(plan, {}, plan.searches, jobs=4) > one / 100


def test_an_estimate_counts_the_trainings_of_what_is_not_found_yet(data_home):
    request = make_request(
        "random", spaces="nas-bench-201", datasets="digits", seeds=1000, protocol="common",
        settings={}, table=None, device="cpu", train="tiny",
    )  # fmt: skip
    plan = make_plan(request)
    (recipe,) = plan.most_trainings
    assert plan.unfolding_seconds({}) == pytest.approx(1000 * recipe.seconds_each)
    assert estimate_seconds(plan, {}, plan.searches, jobs=2) > 400 * recipe.seconds_each
