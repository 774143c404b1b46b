"""Real searches on the digits: instruction sets, order, jobs and folders do not matter."""

import os
import subprocess
import sys

import pytest
import torch

from harness import api
from harness.guard.baselines.record import record_baseline
from harness.guard.compare import compare_with_baseline
from harness.guard.environments.emulate import emulated_environments


@pytest.fixture(scope="module")
def real(tmp_path_factory):
    """Short searches on the digits, recorded, and the options that run more of them."""
    folder = tmp_path_factory.mktemp("real")
    options = {"settings": {"epochs": 2}, "report": False, "protocol": "common", "device": "cpu"}
    api.run("darts-1st", seeds=4, out=folder / "recorded", jobs=1, **options)
    record_baseline(folder / "recorded", folder / "baseline.json", environments=())
    api.run("darts-1st", seeds=[4, 5, 6, 7], out=folder / "fresh", jobs=1, **options)
    return folder, options


def test_another_instruction_set_stays_green(real):
    """In processes of their own: torch chooses its kernels when it starts."""
    folder, _ = real
    command = [sys.executable, "-m", "harness", "guard", str(folder / "fresh")]
    command += ["--baseline", str(folder / "baseline.json"), "--layers", "bits,structure"]
    here = torch.backends.cpu.get_cpu_capability()
    others = {each.name.upper(): each.variables for each in emulated_environments()}
    names = {"DEFAULT", "AVX2"} & others.keys() - {here}
    if not names:
        pytest.skip("torch has no other instruction set for this processor")
    for name in names:
        done = subprocess.run(
            command, capture_output=True, text=True, env={**os.environ, **others[name]}
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert f"within 1e-09 (cpu_capability {name} instead of {here}" in done.stdout
        assert "2 short searches match" in done.stdout


def test_order_jobs_and_folder_do_not_matter(real, tmp_path):
    folder, options = real
    api.run("darts-1st", seeds=[7, 5, 6, 4], out=tmp_path / "other", jobs=2, **options)
    findings = [
        list(compare_with_baseline(runs, folder / "baseline.json"))
        for runs in (folder / "fresh", tmp_path / "other")
    ]
    assert [each.state for each in findings[0]] == ["kept"] * 3
    assert [each.reason for each in findings[0]] == [each.reason for each in findings[1]]
