"""The guard as a whole: its layers, and the baselines and options that it rejects."""

from dataclasses import replace

import pytest

from benchmarks.errors import UserError
from harness.guard.baselines.file import read_baseline, write_baseline
from harness.guard.compare import compare_with_baseline, parse_layers
from methods import METHODS
from tests.harness.guard.fake_results import fresh_results

pytestmark = pytest.mark.usefixtures("data_home")


def test_fresh_seeds_of_the_same_accuracy_are_green(baseline_file, tmp_path):
    findings = list(compare_with_baseline(fresh_results(tmp_path), baseline_file))
    assert [(each.layer, each.state) for each in findings] == [
        ("bits", "kept"),
        ("structure", "kept"),
        ("statistics", "kept"),
    ]
    detected = "+0.00 points of 0.89 allowed; a drop of 1.61 is detected in 8 of 10 runs"
    assert findings[-1].reason.endswith(detected)


def test_results_of_another_table_are_red(baseline_file, tmp_path):
    found = read_baseline(baseline_file)
    write_baseline(baseline_file, replace(found, table_sha256="0" * 64))
    findings = list(
        compare_with_baseline(
            fresh_results(tmp_path), baseline_file, layers=["structure", "statistics"]
        )
    )
    assert [each.state for each in findings] == ["moved", "moved"]
    assert "changed since the baseline was recorded" in findings[0].reason
    assert "the table nats-bench-public changed since the baseline" in findings[1].reason


def test_unknown_layers_and_methods_are_user_errors(baseline_file, tmp_path):
    with pytest.raises(UserError, match="Unknown layer 'bit'. Did you mean 'bits'"):
        parse_layers("bit,statistics")
    with pytest.raises(UserError, match="No layers given"):
        parse_layers(" , ")
    with pytest.raises(UserError, match="Unknown method of the baseline 'asap'"):
        compare_with_baseline(tmp_path, baseline_file, layers=["bits"], methods=["asap"])


def test_a_missing_method_is_a_user_error(baseline_file, tmp_path, monkeypatch):
    monkeypatch.setattr(METHODS, "_targets", {"random-search": METHODS._targets["random-search"]})
    with pytest.raises(UserError, match="Unknown methods in the baseline: random. Restore them"):
        compare_with_baseline(tmp_path, baseline_file)
