"""Real searches that the guard runs itself."""

import pytest

from benchmarks.errors import UserError
from harness.storage.evaluated import read_searches
from harness.storage.store import Store
from tests.harness.guard.fake_results import (
    FIRST,
    SECOND,
    fake_record,
    fresh_results,
    statistics_finding,
    store,
    trials,
    with_trial,
)

pytestmark = pytest.mark.usefixtures("data_home")


def test_the_guard_runs_the_second_look(baseline_file, tmp_path):
    """Real searches in worker processes: random architectures, worse than 69 % in the mean."""
    runs = fresh_results(tmp_path, 60)
    finding = statistics_finding(runs, baseline_file, jobs=1)
    assert finding.is_red
    seeds = {each.trial.seed for each in read_searches(Store.open(runs))}
    assert seeds == {*FIRST, *SECOND}  # both looks are kept


def test_a_missing_device_is_a_user_error(baseline_file, tmp_path, monkeypatch):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    found = [
        with_trial(fake_record(trial, 60), arithmetic={"device": "cuda"})
        for trial in trials("random", FIRST)
    ]
    runs = store(tmp_path / "fresh", found)
    with pytest.raises(UserError, match="torch finds no CUDA device"):
        statistics_finding(runs, baseline_file)
