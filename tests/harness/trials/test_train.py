"""Trainings as trials: what they count, what they cost, and what makes one another."""

from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks import datasets, tables
from benchmarks.datasets import DIGITS, Dataset
from benchmarks.datasets.image_file import images_of
from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201.architecture import Architecture
from benchmarks.spaces.nas_bench_201.network import Network
from benchmarks.training import training
from benchmarks.training.protocol import PROTOCOLS, TrainingProtocol
from benchmarks.training.training import Examples, Trained, noisy_copies
from harness.execution.debug import DebugExecutor
from harness.execution.run_plan import run_plan
from harness.execution.run_trial import Context
from harness.planning.recipe import Recipe
from harness.planning.stages import TrainPlan
from harness.storage.store import Store
from harness.tabulation.topologies import topologies
from harness.trials.record import CostResult, TrainResult
from harness.trials.train import run_training
from harness.trials.trial import TrainTrial

CELL = Architecture(
    ("nor_conv_3x3", "skip_connect", "nor_conv_1x1", "avg_pool_3x3", "none", "nor_conv_3x3")
)
SHORT = replace(PROTOCOLS["tiny"], epochs=3, early_epochs=1)
SIZE = {"channels": 2, "cells_per_stage": 1}


def trial_of(architecture: Architecture = CELL, seeds: tuple[int, ...] = (0, 1)) -> TrainTrial:
    return Recipe("nas-bench-201", DIGITS, SHORT, seeds, SIZE).trial_of_text(str(architecture))


def result_of(trial: TrainTrial) -> TrainResult:
    record = run_training(trial)
    assert record.state == "done"
    assert isinstance(record.result, TrainResult)
    return record.result


def trained_plainly(protocol: TrainingProtocol, seeds: tuple[int, ...], noise: float) -> Trained:
    torch.set_num_threads(1)
    images = images_of(DIGITS)

    def examples(split: str) -> Examples:
        indices = torch.from_numpy(images.splits[split])
        pixels, labels = torch.from_numpy(images.normalised()), torch.from_numpy(images.labels)
        return Examples(pixels[indices], labels[indices])

    return training.train(
        lambda rng: Network(CELL, DIGITS, rng, **SIZE),
        protocol,
        examples("train"),
        noisy_copies(examples("valid"), "valid", noise, copies=1),
        noisy_copies(examples("test"), "test", noise, copies=4),
        seeds,
        noise=noise,
    )


def test_counts_what_a_plain_training_on_the_same_images_counts():
    expected, found = (
        trained_plainly(SHORT, (3, 1), DIGITS.noise),
        result_of(trial_of(seeds=(3, 1))),
    )
    assert np.array_equal(found.valid, expected.valid)
    assert np.array_equal(found.test, expected.test)
    assert found.valid[0] != found.valid[1]


def test_a_training_again_counts_the_same():
    first, again = result_of(trial_of()), result_of(trial_of())
    assert (first.valid, first.test) == (again.valid, again.test)
    assert first.cpu_seconds > 0


def test_the_digits_table_holds_these_trainings():
    """As far as processors agree: their sums differ in the last bits, which training magnifies.

    After an epoch that moves a few of 400 images, where another seed moves dozens; at the end half
    a point of test accuracy, where another seed moves three.
    """
    recipe = Recipe("nas-bench-201", DIGITS, PROTOCOLS["tiny"], (0, 1, 2))
    known = tables.find_table("digits")
    table = tables.open_table(known.name, known.path)
    queries = table.evaluation("digits")
    assert queries.valid is not None
    apart = []
    for index in topologies("nas-bench-201").order[:3]:
        found = result_of(recipe.trial_of_text(str(Architecture.from_index(index))))
        for place, seed in enumerate(recipe.seeds):
            curve = table.curve(replace(queries.valid, seed=seed), index)
            assert abs(found.valid[place][0] - 400 * curve[0] / 100) <= 6
            accuracy = float(table.values(replace(queries.test, seed=seed), index))
            apart.append(100 * found.test[place] / (4 * 997) - accuracy)
    assert np.sqrt(np.mean(np.square(apart))) < 1.5


def test_a_cost_is_measured_in_seconds():
    record = run_training(replace(trial_of(), seeds=(0,), measures="cost"))
    assert record.state == "done"
    assert isinstance(record.result, CostResult)
    assert record.result.epoch > 0
    assert record.result.validation > 0


def test_images_that_changed_since_the_plan_are_refused(tmp_path, monkeypatch):
    own = Dataset("own", classes=3, side=8, file=tmp_path / "own.npz")
    monkeypatch.setitem(datasets.DATASETS, "own", own)

    def write(seed: int) -> None:
        pixels = np.random.default_rng(seed).integers(0, 256, (90, 8, 8), dtype=np.uint8)
        np.savez(tmp_path / "own.npz", images=pixels, labels=np.arange(90) % 3)

    write(0)
    trial = Recipe("nas-bench-201", own, replace(SHORT, batch_size=10), (0,)).trial_of(str(CELL))
    write(1)
    message = "The images of own changed during the run; start the run again."
    with pytest.raises(UserError, match=message):
        run_training(trial)
    store = Store.create(tmp_path / "runs")
    executor = DebugExecutor(Context(store.folder, "", None))
    with pytest.raises(UserError, match=message):
        run_plan(TrainPlan([trial], 1.0), executor, store)
    assert store.records() == []
    write(0)
    assert result_of(trial).test


def test_a_training_that_raises_is_a_recorded_failure(monkeypatch):
    def fail(*_, **__):
        raise ZeroDivisionError("by nothing")

    monkeypatch.setattr(training, "train", fail)
    record = run_training(trial_of())
    assert (record.state, record.result) == ("failed", None)
    assert record.reason == "ZeroDivisionError: by nothing"
    assert record.traceback is not None
    assert "in fail" in record.traceback


def test_images_that_do_not_fit_the_space_are_a_recorded_failure(tmp_path, monkeypatch):
    odd = Dataset("odd", classes=3, side=10, file=tmp_path / "odd.npz")
    monkeypatch.setitem(datasets.DATASETS, "odd", odd)
    pixels = np.zeros((90, 10, 10), dtype=np.uint8)
    pixels[:, 0] = np.arange(90)[:, None]
    np.savez(tmp_path / "odd.npz", images=pixels, labels=np.arange(90) % 3)
    recipe = Recipe("nas-bench-201", odd, replace(SHORT, batch_size=10), (0,))
    record = run_training(recipe.trial_of(str(CELL)))
    assert record.state == "failed"
    assert record.reason is not None
    assert record.reason.startswith("Images of odd have a side of 10 pixels")


CHANGES: list[dict[str, Any]] = [
    {"architecture": str(Architecture.from_index(0))},
    {"seeds": (0,)},
    {"seeds": (1, 0)},
    {"protocol": asdict(replace(SHORT, epochs=4))},
    {"protocol": asdict(replace(SHORT, learning_rate=0.1))},
    {"noise": 0.5},
    {"dataset": "others"},
    {"dataset_sha256": "0" * 64},
    {"measures": "cost"},
    {"space_version": "2"},
    {"seeding": "another way"},
    {"arithmetic": {"device": "cpu", "precision": "float32", "threads": 2}},
]


@pytest.mark.parametrize("change", CHANGES, ids=lambda change: "".join(change))
def test_the_key_hashes_whatever_can_move_a_result(change):
    assert replace(trial_of(), **change).key != trial_of().key


def test_keys_of_different_trainings_differ():
    trials = [trial_of(), *(replace(trial_of(), **change) for change in CHANGES)]
    assert len({trial.key for trial in trials}) == len(CHANGES) + 1
    assert trial_of().key == replace(trial_of()).key


def test_a_record_that_is_read_back_is_the_one_that_was_written(tmp_path):
    store = Store.create(tmp_path / "runs")
    trials = [trial_of(), replace(trial_of(), seeds=(0,), measures="cost")]
    executor = DebugExecutor(Context(store.folder, "command", "commit"))
    records = run_plan(TrainPlan(trials, 1.0), executor, store)
    assert {record.key: record for record in store.records()} == records
    assert [store.read(trial.key) for trial in trials] == [records[each.key] for each in trials]


def test_equal_architectures_are_one_training_and_its_text_is_kept():
    recipe = Recipe("nas-bench-201", DIGITS, SHORT, (0, 1))
    first, second = (str(Architecture.from_index(index)) for index in (4, 1817))
    assert recipe.trial_of(first) == recipe.trial_of(second) == recipe.trial_of_text(first)
    assert recipe.trial_of_text(second).key != recipe.trial_of_text(first).key
