"""What a search is told: its scores, its clock, its random numbers. On a table of known values."""

import errno
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from benchmarks.errors import UserError
from benchmarks.files.atomic import cannot_write
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201 as space
from benchmarks.spaces.nas_bench_201.architecture import SIZE, Architecture
from benchmarks.tables import table as tables
from benchmarks.tables.nas_bench_201.layout import EVALUATIONS
from benchmarks.tables.query import Query
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.trials import task
from harness.trials.ground_truth import describe, identify, look_up
from harness.trials.notebook import BlankNotebook, Checkpoint
from harness.trials.search import run_search
from harness.trials.task import PAIRED_STREAMS, SearchTask
from harness.trials.trial import TableIdentity
from methods import METHODS
from methods.method import Outcome
from methods.random_architecture import RandomArchitecture

NAME = "nas-bench-201-v1.1"  # a table with single trainings and seconds of evaluation
QUERY = Query("cifar10-valid", "x-valid", 12, None)
INDEX = np.arange(SIZE, dtype=np.float64)


@pytest.fixture
def table(data_home):
    """Accuracies and seconds from which each architecture's index can be read."""
    columns = {}
    for number, evaluation in enumerate(EVALUATIONS.values()):
        valid, test = evaluation.queries
        shift = 10 * number
        columns |= {
            f"{valid.dataset}/{valid.split}/12/111/accuracy": shift + INDEX / SIZE,
            f"{valid.dataset}/{valid.split}/12/777/accuracy": shift + INDEX / SIZE + 2,
            f"{valid.dataset}/{valid.split}/200/777/accuracy": shift + INDEX / SIZE + 4,
            f"{test.dataset}/{test.split}/200/777/accuracy": 99 - shift - INDEX / SIZE,
            f"{valid.dataset}/train/12/111/seconds": 100 + shift + INDEX / SIZE,
            f"{valid.dataset}/{valid.split}/12/111/seconds": np.full(SIZE, 7.0 + shift),
        }
    columns["cifar10-valid/x-valid/12/777/accuracy"][3] = np.nan
    columns["cifar10-valid/train/12/111/seconds"][4] = np.nan
    card = tables.Card(NAME, "made up", "", "nas-bench-201", SIZE, EVALUATIONS, [])
    path = data_home / "nas-bench-201" / f"{NAME}.parquet"
    tables.write_table(path, card, columns)
    return tables.read_table(path)


def trial_of(method="random-search", dataset="cifar10", seed=0, table=NAME):
    request = make_request(
        method, spaces="nas-bench-201", datasets=dataset, seeds=f"{seed},", protocol="paper",
        settings={}, table=table, device="auto",
    )  # fmt: skip
    return make_plan(request).searches[0]


def task_of(table, **changes):
    return SearchTask(trial_of(**changes), space, BlankNotebook(), "cpu")


def noting(note):
    """A notebook that gives every event to `note`."""
    notebook = BlankNotebook()
    notebook.note = note
    return notebook


def test_a_score_is_the_validation_accuracy_of_one_training_and_its_whole_cost(table):
    task = task_of(table)
    query = task.validation(12)
    assert query == Query("cifar10-valid", "x-valid", 12, None)
    architecture = Architecture.from_index(9)
    score = task.score(architecture, replace(query, seed=777))
    assert score.value == pytest.approx(9 / SIZE + 2)
    assert score.seconds == 100 + 9 / SIZE + 7.0
    assert task.score(architecture, query).value == pytest.approx(9 / SIZE + 1)


def test_the_search_dataset_is_the_one_that_is_scored(table):
    task = task_of(table, dataset="cifar100")
    query = task.validation(12)
    assert (query.dataset, query.split) == ("cifar100", "x-valid")
    assert task.score(Architecture.from_index(0), query).seconds == 110 + 17.0


def test_training_seeds_are_those_that_the_table_has(table):
    task = task_of(table)
    assert task.training_seeds(Architecture.from_index(2), task.validation(12)) == [111, 777]
    assert task.training_seeds(Architecture.from_index(3), task.validation(12)) == [111]


@pytest.mark.parametrize(("index", "seed"), [(3, 777), (4, 111)])
def test_a_missing_number_is_never_taken_for_one(table, index, seed):
    task = task_of(table)
    query = replace(task.validation(12), seed=seed)
    with pytest.raises(UserError, match=f"lacks the accuracy or the seconds of .* {index}"):
        task.score(Architecture.from_index(index), query)


def test_random_numbers_depend_on_seed_space_dataset_method_and_part(table):
    tasks = [
        (task_of(table), "sampling"),
        (task_of(table, seed=1), "sampling"),
        (task_of(table, method="random"), "sampling"),
        (task_of(table, dataset="cifar100"), "sampling"),
        (task_of(table), "training seed"),
    ]
    drawn = {task.rng(part).integers(1 << 60) for task, part in tasks}
    assert len(drawn) == len(tasks)


@pytest.mark.parametrize("part", PAIRED_STREAMS)
def test_methods_are_paired_by_seed_in_what_is_not_theirs(table, part):
    first, second = (task_of(table, method=method) for method in ("random-search", "random"))
    assert first.rng(part).integers(1 << 60) == second.rng(part).integers(1 << 60)
    assert first.rng(part).integers(1 << 60) != task_of(table, seed=1).rng(part).integers(1 << 60)


def test_a_search_selects_on_validation_and_is_judged_on_test(table):
    """Here the best on validation is the worst on test."""
    events = []
    record = run_search(trial_of(), noting(events.append))
    assert (record.state, record.reason) == ("done", None)
    assert record.result is not None
    found = space.parse(record.result.architecture)
    index = space.index(found)
    assert index == max(space.index(space.parse(event.architecture)) for event in events)
    evaluation = look_up(space, table, found).evaluations[0]
    assert evaluation.test_value == pytest.approx(99 - index / SIZE)
    assert evaluation.rank == index + 1


def test_a_table_answers_on_every_dataset(table):
    assert [each.name for each in describe(table).datasets] == list(EVALUATIONS)
    cifar100 = describe(table).datasets[1]
    assert cifar100.valid_query == "cifar100/x-valid, 200 epochs, mean of training seeds"
    answer = look_up(space, table, Architecture.from_index(9))
    assert [each.dataset for each in answer.evaluations] == list(EVALUATIONS)


def test_only_a_method_that_scores_on_a_table_knows_one(table):
    assert trial_of("random-search").table == identify(table)
    assert trial_of("random").table is None


def test_a_method_must_state_that_it_scores(table):
    task = task_of(table, method="random")
    for ask in (lambda: task.validation(12), lambda: task.mean_seconds(QUERY),
                lambda: task.score(Architecture.from_index(0), QUERY)):  # fmt: skip
        with pytest.raises(UserError, match="random scores .* set scores_on_table = True"):
            ask()


class _Elsewhere(RandomArchitecture):
    """Logs, or finds, what is no architecture of the space."""

    def search(self, task: Any) -> Outcome:
        if task.trial.seed:
            task.log("nothing")
        return Outcome("nowhere")


@pytest.mark.parametrize(("seed", "named"), [(0, "nowhere"), (1, "nothing")])
def test_what_is_no_architecture_of_the_space_is_a_failed_trial(table, override, seed, named):
    override(METHODS, "random", f"{__name__}:_Elsewhere")
    record = run_search(trial_of("random", seed=seed), BlankNotebook())
    assert record.state == "failed"
    assert named in str(record.reason)


def test_a_training_length_that_the_table_lacks_is_found_before_the_run(table):
    request = make_request(
        "random-search", spaces="nas-bench-201", datasets="cifar10", seeds=500, protocol="paper",
        settings={"score_epochs": 13}, table=NAME, device="auto",
    )  # fmt: skip
    with pytest.raises(UserError, match="has no accuracy for cifar10-valid/x-valid, 13 epochs"):
        make_plan(request)


class _Greedy(RandomArchitecture):
    def search(self, task) -> Outcome:
        raise MemoryError("too much")


def test_running_out_of_memory_is_a_state(table, override):
    override(METHODS, "random", f"{__name__}:_Greedy")
    record = run_search(trial_of("random"), BlankNotebook())
    assert (record.state, record.reason) == ("oom", "Out of memory.")


class _Nothing(RandomArchitecture):
    def search(self, task) -> Outcome:
        return Outcome(None)


def test_a_method_that_finds_nothing_is_a_failed_trial(table, override):
    override(METHODS, "random", f"{__name__}:_Nothing")
    record = run_search(trial_of("random"), BlankNotebook())
    assert record.state == "failed"
    assert record.result is None


def test_a_full_disk_is_no_result_of_the_method(table):
    def full(event):
        raise cannot_write(Path("events.jsonl"), OSError(errno.ENOSPC, "No space left on device"))

    with pytest.raises(UserError, match="Cannot write events.jsonl: No space left on device"):
        run_search(trial_of(), noting(full))


def test_a_changed_table_is_noticed(table):
    with pytest.raises(UserError, match="changed during the run"):
        run_search(replace(trial_of(), table=TableIdentity(NAME, "", "other")), BlankNotebook())


class _Saving(RandomArchitecture):
    """Tells what it found saved, and saves."""

    def search(self, task) -> Outcome:
        assert task.load() == {"epoch": 3}
        task.log(space.parse("7"))
        task.save({"epoch": 4})
        return Outcome(space.parse("7"))


def test_a_search_resumes_where_it_was_saved(table, override):
    """With its state, its count of events and the time that it had taken."""
    override(METHODS, "random", f"{__name__}:_Saving")
    notebook, kept = BlankNotebook(), []
    notebook.begin = lambda: Checkpoint({"epoch": 3}, events=3, seconds=100.0)
    notebook.save = lambda saved: kept.append(saved)
    record = run_search(trial_of("random"), notebook)
    assert (record.state, record.reason) == ("done", None)
    assert 100 < record.seconds < 200
    (again,) = kept
    assert (again.state, again.events) == ({"epoch": 4}, 4)
    assert again.seconds > 100


def test_a_save_is_due_from_time_to_time(table, monkeypatch):
    ours = task_of(table)
    assert not ours.is_save_due
    monkeypatch.setattr(task, "_SAVE_EVERY_SECONDS", 0.0)
    assert ours.is_save_due
    monkeypatch.setattr(task, "_SAVE_EVERY_SECONDS", 60.0)
    ours.save({})
    assert not ours.is_save_due


def test_more_time_than_three_minutes_is_never_at_risk():
    assert task._SAVE_EVERY_SECONDS <= 150  # a step of the largest supernet takes some as well
