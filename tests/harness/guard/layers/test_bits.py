"""Where ten steps differ, and how much they may."""

from dataclasses import replace

import pytest
import torch

from harness.guard.baselines.file import read_baseline, write_baseline
from harness.guard.compare import compare_with_baseline
from tests.harness.guard.fake_results import recorded_baseline

pytestmark = pytest.mark.usefixtures("data_home", "made_images")


def test_a_method_that_raises_is_red_and_the_others_continue(tmp_path, monkeypatch):
    from methods.random_search import RandomSearch

    baseline_file = recorded_baseline(tmp_path, "random", "random-search")

    def broken(self, task):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(RandomSearch, "search", broken)
    found = {
        each.method: each
        for each in compare_with_baseline(tmp_path, baseline_file, layers=["bits"])
    }
    assert found["random"].state == "kept"
    assert found["random-search"].reason.startswith(
        "the ten steps raise ZeroDivisionError: division by zero. The method's version is still 1: "
    )


def test_a_difference_is_located(tmp_path, monkeypatch):
    file = recorded_baseline(tmp_path, "random-ws")
    found = read_baseline(file)
    steps = found.methods["random-ws"].ten_steps
    moved = replace(
        found.methods["random-ws"],
        ten_steps=({**steps[0], "score": steps[0]["score"] + 1}, *steps[1:]),
    )
    write_baseline(file, replace(found, methods={"random-ws": moved}))
    (finding,) = compare_with_baseline(tmp_path, file, layers=["bits"])
    score = steps[0]["score"]
    assert finding.reason.startswith(
        f"step 0, score: {score} instead of {score + 1} (1 of 1 numbers differ, by up to 1). "
    )


def test_only_another_environment_has_a_tolerance(tmp_path):
    file = recorded_baseline(tmp_path, "random-ws")
    found = read_baseline(file)

    def judged(relative, **environment):
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
        write_baseline(file, changed)
        (finding,) = compare_with_baseline(tmp_path, file, layers=["bits"])
        return finding

    assert judged(0).reason == "ten steps match the baseline bit for bit"
    assert judged(1e-13).is_red
    other = judged(1e-13, torch="1.0")
    assert other.state == "kept"
    assert f"within 1e-09 (torch {torch.__version__} instead of 1.0)" in other.reason
    assert judged(1e-8, torch="1.0").is_red
