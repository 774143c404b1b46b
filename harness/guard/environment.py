"""What a computer computes with, as far as the last bits of a number depend on it."""

import os
import platform
from collections.abc import Mapping

from harness.trials import device

# Each makes MKL or oneDNN, which multiply torch's matrices, take another path.
_SWITCHES = ("MKL_CBWR", "MKL_ENABLE_INSTRUCTIONS", "ONEDNN_MAX_CPU_ISA")

THREADS = 1
"""On which the guard computes, whatever else the process does."""


def here() -> dict[str, str]:
    """This process's, by name.

    The processor is part of it: two of one instruction set may still be given other kernels.
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


def difference(recorded: Mapping[str, str], now: Mapping[str, str]) -> str:
    """In what two environments differ, in words; '' where bits must be equal."""
    names = dict.fromkeys([*recorded, *now])
    return ", ".join(
        f"{name} {now.get(name, 'unset')} instead of {recorded.get(name, 'unset')}"
        for name in names
        if recorded.get(name) != now.get(name)
    )
