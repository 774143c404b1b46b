"""Results that do not match a baseline or the code."""

import pytest

from benchmarks.errors import UserError
from harness.guard.baselines import results
from tests.harness.guard.fake_results import (
    FIRST,
    accuracies,
    fake_record,
    fake_results,
    other_table,
    statistics_finding,
    store,
    trials,
    with_trial,
)

pytestmark = pytest.mark.usefixtures("data_home")


def test_missing_seeds_are_reported_with_the_command_that_runs_them(baseline_file, tmp_path):
    runs = fake_results(tmp_path / "fresh", {"random": accuracies([20, 21])})
    with pytest.raises(
        UserError, match="lacks results of random that the baseline needs. Run"
    ) as e:
        statistics_finding(runs, baseline_file)
    assert "run --methods random --spaces nas-bench-201 --datasets cifar10 " in str(e.value)
    assert f"--protocol common --seeds 20,21,22,23 --out {runs}` first" in str(e.value)


def test_results_of_an_earlier_commit_are_refused(baseline_file, tmp_path, monkeypatch):
    monkeypatch.setattr(results, "commit", lambda: "bbb")
    old = [fake_record(each, 70, commit="aaa") for each in trials("random", FIRST)]
    runs = store(tmp_path / "fresh", old)
    with pytest.raises(
        UserError, match="contains results of commit aaa, but the current commit is bbb"
    ):
        statistics_finding(runs, baseline_file)


def test_results_of_an_earlier_version_are_refused(baseline_file, tmp_path):
    old = [
        with_trial(fake_record(each, 70), method_version="0") for each in trials("random", FIRST)
    ]
    with pytest.raises(UserError, match="contains results of another version of random. Run the"):
        statistics_finding(store(tmp_path / "fresh", old), baseline_file)


def test_the_baselines_table_counts_where_later_runs_used_another(baseline_file, tmp_path):
    records = [fake_record(each, 70) for each in trials("random", FIRST)]
    runs = store(tmp_path / "fresh", records, other_table())
    finding = statistics_finding(runs, baseline_file)
    assert finding.is_red
    assert finding.reason.startswith("the accuracies are those of the table other, so they cannot")
    store(runs, records)
    store(runs, records, other_table())
    assert statistics_finding(runs, baseline_file).state == "kept"
