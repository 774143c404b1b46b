"""A dozen harmless changes that stay green."""

import sys
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import torch

from harness.guard.compare import compare_with_baseline
from harness.trials.record import SearchRecord
from methods import METHODS
from methods.random_architecture import RandomArchitecture
from tests.harness.guard.fake_results import (
    FIRST,
    accuracies,
    fake_record,
    recorded_baseline,
    store,
    trials,
    with_trial,
)

pytestmark = pytest.mark.usefixtures("data_home", "made_images")


@pytest.fixture
def guarded(tmp_path):
    """A baseline of two methods, one of which computes."""
    return recorded_baseline(tmp_path, "random-ws", "random")


def fresh_records(**changes) -> list[SearchRecord]:
    return [
        fake_record(trial, accuracies(FIRST)[trial.seed], **changes)
        for method in ("random-ws", "random")
        for trial in trials(method, FIRST)
    ]


def _later(records, folder, patch):
    return [replace(each, finished_at=datetime(2030, 1, 1, tzinfo=UTC)) for each in records]


def _another_order(records, folder, patch):
    return records[::-1]


def _slower_on_another_card(records, folder, patch):
    return [replace(each, seconds=9e9, device_name="abacus") for each in records]


def _an_installed_package(records, folder, patch):
    return [replace(each, commit=None) for each in records]


def _another_working_directory(records, folder, patch):
    patch.chdir(folder)
    return records


def _a_method_more_in_the_runs(records, folder, patch):
    return [*records, *(fake_record(each, 10) for each in trials("random-search", FIRST))]


def _bad_seeds_that_nobody_named(records, folder, patch):
    return [*records, *(fake_record(each, 10) for each in trials("random", [30, 31, 32, 33]))]


def _another_protocol_in_the_runs(records, folder, patch):
    return [*records, *(with_trial(each, protocol="quick") for each in records[:2])]


def _overrides_in_the_runs(records, folder, patch):
    return [*records, *(with_trial(each, overrides="epochs=1") for each in records[:2])]


def _a_new_method(records, folder, patch):
    class New(RandomArchitecture):
        """Another one."""

        name = "new"

    patch.setattr(sys.modules[__name__], "New", New, raising=False)
    patch.setattr(METHODS, "_targets", {**METHODS._targets, "new": f"{__name__}:New"})
    return records


def _everybodys_generators(records, folder, patch):
    torch.manual_seed(17)
    np.random.seed(17)
    return records


def _more_threads(records, folder, patch):
    torch.set_num_threads(2)
    return records


HARMLESS = (
    _later, _another_order, _slower_on_another_card, _an_installed_package,
    _another_working_directory, _a_method_more_in_the_runs, _bad_seeds_that_nobody_named,
    _another_protocol_in_the_runs,
    _overrides_in_the_runs, _a_new_method, _everybodys_generators, _more_threads,
)  # fmt: skip


def test_a_dozen_harmless_changes_stay_green(guarded, tmp_path, monkeypatch):
    """One baseline for all, since it takes longer than they do."""
    states = torch.get_rng_state(), np.random.get_state()
    red = {}
    for change in HARMLESS:
        with monkeypatch.context() as patch:
            folder = tmp_path / change.__name__
            runs = store(folder, change(fresh_records(), folder.parent, patch))
            found = list(compare_with_baseline(runs, guarded))
            if any(each.state != "kept" for each in found):
                red[change.__name__] = [str(each) for each in found if each.state != "kept"]
    torch.set_rng_state(states[0])
    np.random.set_state(states[1])
    assert red == {}
