import hashlib
import os
import subprocess
import sys

import pytest
import torch

from benchmarks.random_numbers import normal, uniform
from harness.guard.environments.emulate import emulated_environments

_PRINT = """
from tests.benchmarks.test_random_numbers import digests
print(*digests())
"""


def started() -> torch.Generator:
    return torch.Generator().manual_seed(0)


def digests() -> list[str]:
    drawn = normal(3, 1000, rng=started()), uniform(7, 9001, bound=0.3, rng=started())
    return [hashlib.sha256(each.numpy().tobytes()).hexdigest() for each in drawn]


def test_normal_numbers():
    drawn = normal(100_000, rng=started())
    assert drawn.dtype == torch.float32
    assert drawn.mean().item() == pytest.approx(0, abs=0.01)
    assert drawn.std().item() == pytest.approx(1, abs=0.01)
    assert (drawn.abs() < 1.96).double().mean().item() == pytest.approx(0.95, abs=0.003)


def test_uniform_numbers_are_torchs():
    """Bit for bit where torch multiplies and adds in one rounding."""
    drawn = uniform(64, 3, 3, 3, bound=0.19, rng=started())
    expected = torch.nn.init.uniform_(torch.empty(64, 3, 3, 3), -0.19, 0.19, generator=started())
    torch.testing.assert_close(drawn, expected, rtol=0, atol=2e-8)
    if torch.backends.cpu.get_cpu_capability() in ("AVX2", "AVX512"):
        assert torch.equal(drawn, expected)


def test_they_are_the_same_under_every_instruction_set():
    """In processes of their own: torch chooses its kernels when it starts."""
    for each in emulated_environments():
        done = subprocess.run(
            [sys.executable, "-c", _PRINT],
            capture_output=True, text=True, check=True, env={**os.environ, **each.variables},
        )  # fmt: skip
        assert done.stdout.split() == digests()
