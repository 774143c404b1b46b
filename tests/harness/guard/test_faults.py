"""What the guard is for: deliberate defects turn the cheapest layer red, harmless changes none.

What the statistics layer alone would have seen of each defect is in `faults_guard.py`, which takes
minutes: `tox -e faults`.
"""

import os
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pytest
import torch

from harness import api
from harness.guard import baseline, elsewhere, guarding, recording
from harness.guard.finding import LAYERS
from harness.trials.record import Record
from methods import METHODS
from methods.random_architecture import RandomArchitecture
from tests.harness.guard.guard_faults import FAULTS
from tests.harness.guard.guard_results import (
    FIRST,
    accuracies,
    keep,
    record,
    recorded,
    results,
    trials,
)

MADE_UP = pytest.mark.usefixtures("data_home", "made_images")


@MADE_UP
@pytest.mark.parametrize("name", list(FAULTS))
def test_a_defect_turns_the_cheapest_layer_red(name, tmp_path, monkeypatch):
    fault = FAULTS[name]
    four = results(tmp_path / "recorded", {fault.method: accuracies(range(4))})
    file = tmp_path / "baseline.json"
    recording.record(four, file, environments=())
    fresh = keep(tmp_path / "fresh", [record(trials(fault.method, [4])[0], 70)])
    cheapest = fault.seen_by[0]
    up_to_it = LAYERS[: LAYERS.index(cheapest) + 1]
    before = list(guarding.guard(fresh, file, layers=up_to_it))
    fault.inject(monkeypatch)
    after = list(guarding.guard(fresh, file, layers=up_to_it))
    assert [each.state for each in before] == ["kept"] * len(up_to_it)
    assert [each.state for each in after] == ["kept"] * (len(up_to_it) - 1) + ["moved"]
    version = METHODS[fault.method].version
    assert cheapest == "structure" or (
        f"The version is {version} as before: undo what moved it" in after[-1].reason
    )


@MADE_UP
def test_a_defect_is_told_where_it_is(tmp_path, monkeypatch):
    file = recorded(tmp_path, "random-ws")
    found = baseline.read(file)
    steps = found.methods["random-ws"].ten_steps
    moved = replace(
        found.methods["random-ws"],
        ten_steps=({**steps[0], "score": steps[0]["score"] + 1}, *steps[1:]),
    )
    baseline.write(file, replace(found, methods={"random-ws": moved}))
    (finding,) = guarding.guard(tmp_path, file, layers=["bits"])
    score = steps[0]["score"]
    assert finding.reason.startswith(
        f"step 0, score: {score} instead of {score + 1} (1 of 1 numbers differ, by up to 1). "
    )


@MADE_UP
def test_another_environment_is_given_a_tolerance_and_no_more(tmp_path):
    file = recorded(tmp_path, "random-ws")
    found = baseline.read(file)

    def told(relative, **environment):
        of_method = found.methods["random-ws"]
        steps = [
            {**each, "norms_sum": each["norms_sum"] * (1 + relative)}
            if "norms_sum" in each
            else each
            for each in of_method.ten_steps
        ]
        changed = replace(
            found,
            methods={"random-ws": replace(of_method, ten_steps=tuple(steps))},
            environment={**found.environment, **environment},
        )
        baseline.write(file, changed)
        (finding,) = guarding.guard(tmp_path, file, layers=["bits"])
        return finding

    assert told(0).reason == "ten steps are the recorded ones, bit for bit"
    assert told(1e-13).is_red
    elsewhere = told(1e-13, torch="1.0")
    assert elsewhere.state == "kept"
    assert f"within 1e-09 (torch {torch.__version__} instead of 1.0)" in elsewhere.reason
    assert told(1e-8, torch="1.0").is_red


@pytest.fixture
def guarded(tmp_path):
    """A baseline of two methods, one of which computes."""
    return recorded(tmp_path, "random-ws", "random")


def fresh(**changes) -> list[Record]:
    return [
        record(trial, accuracies(FIRST)[trial.seed], **changes)
        for method in ("random-ws", "random")
        for trial in trials(method, FIRST)
    ]


def _later(records, folder, patch):
    return [replace(each, finished_at=datetime(2030, 1, 1, tzinfo=UTC)) for each in records]


def _another_order(records, folder, patch):
    return records[::-1]


def _slower_on_another_card(records, folder, patch):
    return [replace(each, search_seconds=9e9, device_name="abacus") for each in records]


def _an_installed_package(records, folder, patch):
    return [replace(each, commit=None) for each in records]


def _another_working_directory(records, folder, patch):
    patch.chdir(folder)
    return records


def _a_method_more_in_the_runs(records, folder, patch):
    return [*records, *(record(each, 10) for each in trials("random-search", FIRST))]


def _bad_seeds_that_nobody_named(records, folder, patch):
    return [*records, *(record(each, 10) for each in trials("random", [30, 31, 32, 33]))]


def _another_protocol_in_the_runs(records, folder, patch):
    return [*records, *(_under(each, protocol="quick") for each in records[:2])]


def _overrides_in_the_runs(records, folder, patch):
    return [*records, *(_under(each, overrides="epochs=1") for each in records[:2])]


def _under(found, **changes):
    trial = replace(found.trial, **changes)
    return replace(found, trial=trial, key=trial.key)


def _a_new_method(records, folder, patch):
    class New(RandomArchitecture):
        """Another one."""

        name = "new"

    patch.setattr(sys.modules[__name__], "New", New, raising=False)
    patch.setattr(METHODS, "_parts", {**METHODS._parts, "new": f"{__name__}:New"})
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


@MADE_UP
def test_a_dozen_harmless_changes_stay_green(guarded, tmp_path, monkeypatch):
    """One baseline for all, since it takes longer than they do."""
    states = torch.get_rng_state(), np.random.get_state()
    red = {}
    for change in HARMLESS:
        with monkeypatch.context() as patch:
            folder = tmp_path / change.__name__
            runs = keep(folder, change(fresh(), folder.parent, patch))
            found = list(guarding.guard(runs, guarded))
            if any(each.state != "kept" for each in found):
                red[change.__name__] = [str(each) for each in found if each.state != "kept"]
    torch.set_rng_state(states[0])
    np.random.set_state(states[1])
    assert red == {}


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Short searches on the digits, recorded, and the options that run more of them."""
    folder = tmp_path_factory.mktemp("real")
    options = {"settings": {"epochs": 2}, "report": False, "protocol": "common", "device": "cpu"}
    api.run("darts-1st", seeds=4, out=folder / "recorded", jobs=1, **options)
    recording.record(folder / "recorded", folder / "baseline.json", environments=())
    api.run("darts-1st", seeds=[4, 5, 6, 7], out=folder / "fresh", jobs=1, **options)
    return folder, options


def test_another_instruction_set_stays_green(real):
    """In processes of their own: torch chooses its kernels when it starts."""
    folder, _ = real
    command = [sys.executable, "-m", "harness", "guard", str(folder / "fresh")]
    command += ["--baseline", str(folder / "baseline.json"), "--layers", "bits,structure"]
    here = torch.backends.cpu.get_cpu_capability()
    others = {each.name.upper(): each.variables for each in elsewhere.environments()}
    names = {"DEFAULT", "AVX2"} & others.keys() - {here}
    if not names:
        pytest.skip("torch has no other instruction set for this processor")
    for name in names:
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **others[name]}
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert f"within 1e-09 (cpu_capability {name} instead of {here}" in done.stdout
        assert "2 short searches are the same" in done.stdout


def test_order_jobs_and_folder_do_not_matter(real, tmp_path):
    folder, options = real
    api.run("darts-1st", seeds=[7, 5, 6, 4], out=tmp_path / "other", jobs=2, **options)
    findings = [
        list(guarding.guard(runs, folder / "baseline.json"))
        for runs in (folder / "fresh", tmp_path / "other")
    ]
    assert [each.state for each in findings[0]] == ["kept"] * 3
    assert [each.reason for each in findings[0]] == [each.reason for each in findings[1]]
