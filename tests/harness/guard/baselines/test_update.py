"""What an update changes, and what it refuses to change."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.errors import UserError
from harness.guard.baselines.file import read_baseline, write_baseline
from harness.guard.baselines.update import update_baseline
from harness.guard.environments.emulate import EmulatedEnvironment
from harness.trials.ground_truth import identify
from tests.harness.guard.fake_results import (
    FIRST,
    RECORDED,
    accuracies,
    fake_record,
    fake_results,
    fresh_results,
    other_table,
    recorded_baseline,
    statistics_finding,
    store,
    trials,
    with_trial,
)

pytestmark = pytest.mark.usefixtures("data_home")


@pytest.mark.parametrize("reason", ["", "  "])
def test_an_update_needs_a_reason(baseline_file, tmp_path, reason):
    before = baseline_file.read_bytes()
    with pytest.raises(
        UserError, match="An update of a baseline needs a reason: give one with --reason"
    ):
        update_baseline(tmp_path / "recorded", baseline_file, reason, environments=())
    assert baseline_file.read_bytes() == before


def test_an_update_adds_its_reason_to_the_history(baseline_file, tmp_path):
    runs = fake_results(tmp_path / "moved", {"random": accuracies(RECORDED, 75)})
    before = read_baseline(baseline_file)
    update_baseline(runs, baseline_file, " Draws no disconnected cell. ", environments=())
    after = read_baseline(baseline_file)
    assert [each.reason for each in after.history] == ["recorded", "Draws no disconnected cell."]
    assert after.history[1].date == datetime.now(UTC).date().isoformat()
    assert after.methods["random"].searches != before.methods["random"].searches
    assert after.first_look == before.first_look
    assert statistics_finding(fresh_results(tmp_path, 75), baseline_file).state == "kept"


def test_a_single_layer_can_be_updated(baseline_file, tmp_path):
    """Bits need no results: a new torch changes them and no accuracy."""
    found = read_baseline(baseline_file)
    of_method = replace(found.methods["random"], ten_steps=())
    older = {**found.environment, "torch": "1.0"}
    write_baseline(baseline_file, replace(found, methods={"random": of_method}, environment=older))
    update_baseline(tmp_path / "nowhere", baseline_file, "A new torch.", layers=["bits"])
    after = read_baseline(baseline_file)
    assert after.methods == found.methods
    assert after.environment == found.environment
    assert after.history[1].layers == ("bits",)


def test_bits_of_some_methods_stay_in_their_environment(tmp_path):
    baseline_file = recorded_baseline(tmp_path, "random", "random-search")
    found = read_baseline(baseline_file)
    write_baseline(baseline_file, replace(found, environment={**found.environment, "torch": "1.0"}))
    with pytest.raises(
        UserError, match="The bits of some methods cannot be updated in another environment"
    ):
        update_baseline(
            tmp_path, baseline_file, "Why.", layers=["bits"], methods=["random"], environments=()
        )


def test_an_update_needs_all_recorded_seeds(baseline_file, tmp_path):
    with pytest.raises(
        UserError, match="--seeds 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19"
    ):
        update_baseline(fresh_results(tmp_path), baseline_file, "Because.", environments=())


def test_some_methods_keep_their_table_and_protocol(tmp_path):
    baseline_file = recorded_baseline(tmp_path, "random", "random-search")
    before = baseline_file.read_bytes()

    def update(methods, layers, ground_truth=None, **changes):
        records = [
            with_trial(fake_record(trial, 70), **changes)
            for method in methods
            for trial in trials(method, [*RECORDED, *FIRST])
        ]
        name = "-".join([*methods, *layers, *changes, *(["table"] if ground_truth else [])])
        runs = store(tmp_path / name, records, ground_truth)
        update_baseline(
            runs, baseline_file, "Why.", layers=layers, methods=methods, environments=()
        )

    with pytest.raises(UserError, match="another table or space version than the baseline"):
        update(["random"], ["statistics"], other_table())
    with pytest.raises(UserError, match="another table or space version than the baseline"):
        update(["random"], ["statistics"], space_version="9")
    with pytest.raises(UserError, match="The settings of random differ from the baseline's"):
        update(["random"], ["structure"], settings={"a": 1})
    with pytest.raises(UserError, match="update structure and statistics together"):
        update(["random"], ["statistics"], settings={"a": 2})
    assert baseline_file.read_bytes() == before
    other = other_table()
    update(["random", "random-search"], ["statistics"], other, table=identify(other))
    after = read_baseline(baseline_file)
    assert (after.table, after.table_version, after.table_sha256) == ("other", "9", "0" * 64)


def test_an_update_of_some_methods_keeps_shared_fields(tmp_path):
    """Fields shared by all methods stay unchanged, or the update is refused."""
    baseline_file = recorded_baseline(tmp_path, "random", "random-search")
    before = read_baseline(baseline_file)
    everything = trials("random", [*RECORDED, *FIRST])
    other = [fake_record(each, 60, environment={"torch": "9.9"}) for each in everything]
    runs = store(tmp_path / "moved", other)
    update_baseline(
        runs, baseline_file, "Why.", layers=["statistics"], methods=["random"], environments=()
    )
    after = read_baseline(baseline_file)
    assert after.packages == before.packages
    assert after.methods["random"].searches != before.methods["random"].searches
    assert after.methods["random-search"] == before.methods["random-search"]
    with pytest.raises(UserError, match="update the structure of all methods together"):
        update_baseline(
            runs, baseline_file, "Why.",
            layers=["structure"], methods=["random"],
            environments=[EmulatedEnvironment("other")],
        )  # fmt: skip


def test_an_update_needs_results_of_one_configuration(baseline_file, tmp_path):
    mixed = [
        with_trial(
            fake_record(each, 70), arithmetic={"device": "cuda" if each.seed % 2 else "none"}
        )
        for each in trials("random", RECORDED)
    ]
    runs = store(tmp_path / "mixed", mixed)
    with pytest.raises(UserError, match="contains results of random with different arithmetic"):
        update_baseline(runs, baseline_file, "Why.", environments=())
