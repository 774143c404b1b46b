"""Everything about a computer that the last bits of a number depend on."""

import os
import platform
from collections.abc import Mapping

from harness.trials import device

# Each makes MKL or oneDNN, which multiply torch's matrices, choose other kernels.
_SWITCHES = ("MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA")

THREADS = 1
"""Threads that the guard computes on."""


def this_environment() -> dict[str, str]:
    """Describe this process's environment by name and value.

    The processor is included: even with equal instruction sets, libraries may choose different
    kernels.
    """
    import torch

    return {
        "processor": device.description(torch.device("cpu")),
        "machine": f"{platform.system()} {platform.machine()}",
        "cpu_capability": torch.backends.cpu.get_cpu_capability(),
        "torch": torch.__version__,
        "threads": str(THREADS),
        **{name.lower(): os.environ[name] for name in _SWITCHES if name in os.environ},
    }


def environment_difference(recorded: Mapping[str, str], now: Mapping[str, str]) -> str:
    """Describe how two environments differ; '' if bits must be equal."""
    names = dict.fromkeys([*recorded, *now])
    return ", ".join(
        f"{name} {now.get(name, 'unset')} instead of {recorded.get(name, 'unset')}"
        for name in names
        if recorded.get(name) != now.get(name)
    )
