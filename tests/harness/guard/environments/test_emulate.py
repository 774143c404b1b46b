"""Emulated environments: which there are, and what runs in them."""

import os

import pytest
import torch

from benchmarks.errors import UserError
from harness.guard.environments.emulate import (
    EmulatedEnvironment,
    call_in,
    emulate_short_searches,
    emulated_environments,
)
from harness.guard.probes.short_search import run_short_search, shorten
from tests.harness.guard.fake_results import trials


@pytest.mark.usefixtures("data_home")
def test_emulated_searches_equal_those_run_directly():
    (trial,) = trials("random-search", [5])
    found = emulate_short_searches(EmulatedEnvironment("here"), [(trial, 0), (trial, 1)])
    assert found == [run_short_search(shorten(trial, seed)) for seed in (0, 1)]


def _torch_here() -> tuple[str, int]:

    return torch.backends.cpu.get_cpu_capability(), os.getpid()


def test_an_environment_is_a_process_of_its_own():
    capability, process = call_in(
        EmulatedEnvironment("older", {"ATEN_CPU_CAPABILITY": "default"}), _torch_here
    )
    assert (capability, process == os.getpid()) == ("DEFAULT", False)
    assert "ATEN_CPU_CAPABILITY" not in os.environ


def test_a_process_that_dies_is_a_user_error():
    with pytest.raises(UserError, match="The process that emulates 'broken' died"):
        call_in(EmulatedEnvironment("broken"), os.abort)


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        ("AVX512", ["default", "avx2", "avx512"]),
        ("AVX2", ["default", "avx2"]),
        ("DEFAULT", ["default"]),
        ("SVE256", ["default"]),
    ],
)
def test_only_instruction_sets_of_the_processor_are_emulated(here, expected, monkeypatch):
    """Torch crashes at an instruction that the processor lacks."""

    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: here)
    names = [each.name for each in emulated_environments()]
    assert names == [*expected, "older kernels", "2 threads"]
