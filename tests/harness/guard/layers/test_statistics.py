"""How both looks decide, and what a finding says."""

from dataclasses import replace

import pytest

from harness.guard.baselines.file import read_baseline, write_baseline
from harness.guard.baselines.record import record_baseline
from tests.harness.guard.fake_results import (
    failed_record,
    fake_record,
    fake_results,
    fresh_results,
    statistics_finding,
    store,
    trials,
)

pytestmark = pytest.mark.usefixtures("data_home")


def test_a_confirmed_drop_is_red_and_quotes_both_looks(baseline_file, tmp_path):
    finding = statistics_finding(fresh_results(tmp_path, 66, later=66), baseline_file)
    assert finding.is_red
    assert finding.reason.startswith("accuracy dropped. First look: 66.0")
    assert "; second look: 66.0" in finding.reason


def test_an_unconfirmed_drop_is_green_and_quotes_both_looks(baseline_file, tmp_path):
    finding = statistics_finding(fresh_results(tmp_path, 68.3, later=70), baseline_file)
    assert finding.state == "kept"
    assert finding.reason.startswith("the second look does not confirm the first. First look")


def test_the_second_look_is_ignored_unless_the_first_sees_a_change(baseline_file, tmp_path):
    assert statistics_finding(fresh_results(tmp_path, 70, later=40), baseline_file).state == "kept"


def test_a_confirmed_improvement_is_reported_and_green(baseline_file, tmp_path):
    finding = statistics_finding(fresh_results(tmp_path / "one", 74, later=74), baseline_file)
    assert (finding.state, finding.is_red) == ("unexplained", False)
    assert finding.reason.startswith("accuracy rose. First look: 74.0")
    assert "improvement may be a leak: find its cause" in finding.reason
    assert (
        statistics_finding(fresh_results(tmp_path / "other", 74, later=70), baseline_file).state
        == "kept"
    )
    assert (
        statistics_finding(fresh_results(tmp_path / "third", 74, later=60), baseline_file).state
        == "kept"
    )


def test_too_few_equal_searches_are_not_judged(tmp_path):
    """As two guarded methods with four equal `quick` searches each: 1 in 495 is not rare enough."""
    equal = dict.fromkeys(range(4), 70.0)
    runs = fake_results(tmp_path / "recorded", {"random": equal, "random-search": equal})
    baseline_file = tmp_path / "b.json"
    record_baseline(runs, baseline_file, environments=())
    found = read_baseline(baseline_file)
    write_baseline(baseline_file, replace(found, level=0.002 * 2))
    later = dict.fromkeys(range(4, 12), 40.0)
    runs = fake_results(tmp_path / "fresh", {"random": later})
    finding = statistics_finding(runs, baseline_file, methods=["random"])
    assert finding.state == "not judged"
    assert finding.reason.startswith("too few equal searches were recorded to detect a change.")
    write_baseline(baseline_file, replace(found, level=0.0021 * 2))
    assert statistics_finding(runs, baseline_file, methods=["random"]).is_red


def test_a_search_that_fails_is_red(baseline_file, tmp_path):
    ok, bad = trials("random", [20, 21, 22]), trials("random", [23])
    failed = failed_record(bad[0], "ValueError: no")
    runs = store(tmp_path / "fresh", [*(fake_record(each, 70) for each in ok), failed])
    finding = statistics_finding(runs, baseline_file)
    assert finding.is_red
    assert finding.reason == "seed 23 failed: ValueError: no"
