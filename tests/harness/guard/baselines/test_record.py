"""What a baseline contains, and the results that cannot become one."""

from datetime import UTC, datetime

import pytest

from benchmarks.errors import UserError
from harness.guard.baselines.file import read_baseline
from harness.guard.baselines.record import record_baseline
from harness.storage.evaluated import read_searches
from harness.storage.store import Store
from harness.trials.ground_truth import identify
from tests.harness.guard.fake_results import (
    FIRST,
    RECORDED,
    SECOND,
    failed_record,
    fake_record,
    other_table,
    store,
    trials,
    with_trial,
)

pytestmark = pytest.mark.usefixtures("data_home")


def test_a_baseline_contains_everything_it_depends_on(baseline_file, tmp_path):
    found = read_baseline(baseline_file)
    assert found.seeds == tuple(RECORDED)
    assert (found.first_look, found.second_look) == (tuple(FIRST), tuple(SECOND))
    assert (found.table, found.table_version) == ("nats-bench-public", "made up")
    assert len(found.table_sha256) == 64
    assert set(found.environment) >= {"processor", "cpu_capability", "torch", "threads"}
    assert set(found.packages) >= {"python", "numpy", "torch"}
    assert (found.level, found.delta) == (0.01, 0.0)
    (entry,) = found.history
    assert (entry.reason, entry.date) == ("recorded", datetime.now(UTC).date().isoformat())
    of_method = found.methods["random"]
    searches = read_searches(Store.open(tmp_path / "recorded"))
    by_seed = {each.trial.seed: each for each in searches}
    for each in of_method.searches:
        evaluated, result = by_seed[each.seed].evaluations[0], by_seed[each.seed].record.result
        assert result is not None
        assert (each.architecture, evaluated.dataset) == (result.architecture, "cifar10")
        assert (each.valid_value, each.test_value) == (
            evaluated.valid_value,
            evaluated.test_value,
        )
    assert of_method.version == "1"
    assert [each.seed for each in of_method.short_searches] == [0, 1]
    assert of_method.ten_steps[-1]["architecture"].startswith("|")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda all_: all_[:3], "has 3 seeds; a baseline needs at least 4"),
        (lambda all_: [], "contains no finished trials, so there is nothing to record"),
        (
            lambda all_: [*all_, fake_record(trials("random-search", [0])[0], 70)],
            "has no results of random-search with seed 1, 2, 3, which other methods have",
        ),
        (
            lambda all_: [*all_[:3], failed_record(all_[3].trial, "NaN", state="diverged")],
            "random with seed 3 diverged .NaN.; a baseline is recorded from finished searches",
        ),
        (
            lambda all_: [*all_, with_trial(all_[0], protocol="quick")],
            "contains results for more than one protocol .common, quick.; a baseline covers one",
        ),
        (
            lambda all_: [*all_, with_trial(all_[0], overrides="budget=1")],
            "contains two results of random with seed 0, with different settings",
        ),
        (
            lambda all_: [*all_[:3], with_trial(all_[3], overrides="budget=1")],
            "contains results of random with different overrides. Run all seeds with",
        ),
        (
            lambda all_: [*all_[:3], with_trial(all_[3], arithmetic={"device": "cuda"})],
            "contains results of random with different arithmetic. Run all seeds with",
        ),
        (
            lambda all_: [*all_[:3], with_trial(all_[3], method_version="0")],
            "contains results of another version of random. Run the seeds again",
        ),
        (
            lambda all_: [with_trial(each, method_version="0") for each in all_],
            "contains results of another version of random. Run the seeds again",
        ),
    ],
)
def test_results_that_make_no_baseline_are_refused(tmp_path, change, message):
    everything = [fake_record(each, 70) for each in trials("random", range(4))]
    runs = store(tmp_path / "runs", change(everything))
    with pytest.raises(UserError, match=message):
        record_baseline(runs, tmp_path / "b.json", environments=())
    assert not (tmp_path / "b.json").exists()


def test_searches_that_scored_on_different_tables_make_no_baseline(tmp_path):
    """Each is evaluated by the table that it scored on, whatever table the last run used."""
    here, runs = trials("random-search", range(4)), tmp_path / "runs"
    scored_on_other = (
        with_trial(fake_record(each, 70), table=identify(other_table())) for each in here[:2]
    )
    store(runs, scored_on_other, other_table())
    store(runs, [fake_record(each, 70) for each in here[2:]])
    with pytest.raises(UserError, match="contains results for more than one table .0000"):
        record_baseline(runs, tmp_path / "b.json", environments=())


def test_searches_without_accuracies_make_no_baseline(tmp_path):
    runs = store(tmp_path / "runs", [fake_record(each, 70) for each in trials("random", range(4))])
    (answers,) = runs.glob("ground_truth/*/answers.jsonl")
    answers.unlink()
    with pytest.raises(UserError, match="random with seed 0 has no accuracy on cifar10"):
        record_baseline(runs, tmp_path / "b.json", environments=())


def test_a_baseline_is_not_overwritten(baseline_file, tmp_path):
    with pytest.raises(UserError, match="already exists. Update it with `python -m harness guard"):
        record_baseline(tmp_path / "recorded", baseline_file, environments=())
