"""Settings, lookups and short searches against the baseline."""

from dataclasses import replace

import pytest

from benchmarks.errors import UserError
from harness.guard.baselines.file import read_baseline, write_baseline
from harness.guard.compare import compare_with_baseline
from tests.harness.guard.fake_results import (
    FIRST,
    accuracies,
    fake_record,
    fake_results,
    fresh_results,
    recorded_baseline,
    store,
    trials,
)

pytestmark = pytest.mark.usefixtures("data_home")


def test_a_changed_lookup_is_red(baseline_file, tmp_path):
    found = read_baseline(baseline_file)
    of_method = found.methods["random"]
    wrong = replace(of_method.searches[3], test_value=of_method.searches[3].test_value + 0.01)
    searches = (*of_method.searches[:3], wrong, *of_method.searches[4:])
    write_baseline(
        baseline_file, replace(found, methods={"random": replace(of_method, searches=searches)})
    )
    (finding,) = compare_with_baseline(fresh_results(tmp_path), baseline_file, layers=["structure"])
    assert finding.is_red
    assert f"{wrong.architecture} is {wrong.test_value - 0.01:.4f} instead of" in finding.reason


def test_a_changed_setting_is_red(tmp_path):
    baseline_file = recorded_baseline(tmp_path, "random-search")
    moved = [
        replace(each, settings={**each.settings, "time_budget_seconds": 7.0})
        for each in trials("random-search", FIRST)
    ]
    runs = store(tmp_path / "fresh", [fake_record(each, 70) for each in moved])
    (finding,) = compare_with_baseline(runs, baseline_file, layers=["structure"])
    assert "the setting time_budget_seconds is 7.0 instead of 12000" in finding.reason


def test_missing_images_are_a_user_error(tmp_path, monkeypatch):
    """Not the method's fault, so not red."""
    from harness.guard.probes import short_search

    baseline_file = recorded_baseline(tmp_path, "random")

    def missing(trial):
        raise UserError("cifar10 is not in the data folder.")

    monkeypatch.setattr(short_search, "rehearse", missing)
    with pytest.raises(UserError, match="cifar10 is not in the data folder"):
        list(compare_with_baseline(fresh_results(tmp_path), baseline_file, layers=["structure"]))


def test_a_lookup_that_raises_is_red(baseline_file, tmp_path, monkeypatch):
    from benchmarks.spaces.nas_bench_201 import NasBench201

    def broken(self, architecture):
        raise KeyError("none")

    runs = fresh_results(tmp_path)
    monkeypatch.setattr(NasBench201, "index", broken)
    (finding,) = compare_with_baseline(runs, baseline_file, layers=["structure"])
    assert finding.is_red
    assert "the lookup of accuracies raises KeyError: 'none'" in finding.reason


@pytest.mark.usefixtures("data_home", "made_images")
def test_only_portable_short_searches_are_compared(tmp_path):
    file = recorded_baseline(tmp_path, "random")
    found = read_baseline(file)
    of_method = found.methods["random"]
    first, second = of_method.short_searches
    fresh = fake_results(tmp_path / "fresh", {"random": accuracies(FIRST)})

    def judged(architecture):
        searches = (replace(first, architecture=architecture), second)
        changed = replace(of_method, short_searches=searches)
        write_baseline(file, replace(found, methods={"random": changed}))
        (finding,) = compare_with_baseline(fresh, file, layers=["structure"])
        return finding

    assert first.architecture != second.architecture
    assert judged(second.architecture).is_red
    assert judged(None).state == "kept"
    assert (
        "1 short searches match; 1 skipped, on which environments disagree" in judged(None).reason
    )
