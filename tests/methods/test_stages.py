"""Stages that follow each other: what one changed of the supernet stays in the next."""

from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.spaces import SPACES
from harness.contract.fake_task import FakeTask, settings_of
from methods.darts import FirstOrderDarts
from methods.differentiable.search import BilevelSearch
from methods.differentiable.stage import Stage, check_stage


class Killed(Exception):
    pass


class Narrowing(FirstOrderDarts):
    """A wider supernet from the second epoch on, fewer operations in it from the third."""

    def next_stage(self, search):
        active = {each: mask.copy() for each, mask in search.stage.active.items()}
        if search.epoch == 1:
            return Stage(active, {"channels": 8})
        if search.epoch == 2:
            for mask in active.values():
                mask[:, 1] = False
            return Stage(active)
        return None


def task_of(space: str, saved: Any = None) -> FakeTask:
    settings = settings_of(Narrowing, space, epochs=4, steps_per_epoch=2, alpha_lr=0.1)
    return FakeTask(settings, saved=saved, space=SPACES[space], is_save_due=True)


def end_of(search: BilevelSearch) -> dict[str, torch.Tensor]:
    return {**search.supernet.state_dict(), **search.parameters["alpha"]}


@pytest.mark.parametrize("space", ["nas-bench-201", "small-cells"])
def test_a_search_killed_in_a_later_stage_builds_the_supernet_of_an_earlier_one(space, examples):
    """Saved within each epoch and after it, from before the first change to after the last."""
    whole = BilevelSearch(Narrowing(), task_of(space))
    outcome = whole.run()
    expected = end_of(whole)
    assert expected["stem.0.weight"].shape[0] == 8
    for stop in (2, 3, 4, 5, 6, 8):
        task, saves = task_of(space), iter(range(1, 9))

        def kill(saves=saves, stop=stop) -> None:
            if next(saves) == stop:
                raise Killed

        task.on_save = kill
        with pytest.raises(Killed):
            BilevelSearch(Narrowing(), task).run()
        resumed = BilevelSearch(Narrowing(), task_of(space, task.saved))
        assert resumed.run() == outcome
        assert all(torch.equal(each, expected[name]) for name, each in end_of(resumed).items())


def test_settings_that_two_stages_change_are_both_in_force():
    search = BilevelSearch(FirstOrderDarts(), task_of("nas-bench-201"))
    active = {"cell": np.ones((6, 5), bool)}
    stages = iter(
        [Stage(active, {"channels": 8}), Stage(active, {"cells_per_stage": 2}), None, None]
    )
    search.method.next_stage = lambda search: next(stages)  # type: ignore[method-assign]
    search.run()
    assert search.stage.supernet == {"channels": 8, "cells_per_stage": 2}
    names = end_of(search)
    assert names["stem.0.weight"].shape[0] == 8
    assert any(name.startswith("cells.5.") for name in names)


@pytest.mark.parametrize(
    ("stage", "message"),
    [
        (Stage({}), "a stage names the cell types cell"),
        (Stage({"cell": np.ones((5, 5), bool)}), r"cell has \(5, 5\) operations instead of"),
        (Stage({"cell": np.zeros((6, 5), bool)}), "no operation left that a cell may have"),
        (Stage({"cell": np.ones((6, 5), bool)}, {"epochs": 1}), "settings of the supernet are aff"),
    ],
)
def test_a_stage_that_does_not_fit_the_space_is_refused(stage, message):
    with pytest.raises(ValueError, match=message):
        check_stage(stage, SPACES["nas-bench-201"])
