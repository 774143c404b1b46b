"""The device that a search computes on, set up so that equal work gives equal bits."""

import os
import platform
import re
import resource
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.errors import UserError

if TYPE_CHECKING:
    import torch

_MIB = 2**20


class DeviceLost(UserError):
    """The GPU failed or is gone, which is not the trial's fault."""


def check(text: str) -> None:
    """Check that `text` names an available device.

    Raises:
        UserError: it does not.
    """
    if not re.fullmatch(r"auto|cpu|cuda(:\d+)?", text):
        raise UserError(f"Unknown device '{text}'. Give auto, cpu, cuda or cuda:N.")
    if not text.startswith("cuda"):
        return
    import torch

    cards = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if cards == 0:
        raise UserError(
            f"--device {text}: torch finds no CUDA device. "
            "Use --device cpu, or check the driver with nvidia-smi."
        )
    _, _, index = text.partition(":")
    if index and int(index) >= cards:
        raise UserError(f"--device {text}: there are {cards} CUDA devices, numbered from 0.")


def kind(text: str) -> str:
    """Return 'cpu' or 'cuda', a part of a trial's identity; `auto` is CUDA where available."""
    if text == "auto":
        import torch

        return "cuda" if torch.cuda.is_available() else "cpu"
    return text.partition(":")[0]


def names(text: str) -> list[str]:
    """Return the devices to spread workers over: the named GPU, or all of them."""
    if kind(text) == "cpu":
        return ["cpu"]
    if ":" in text:
        return [text]
    import torch

    return [f"cuda:{card}" for card in range(torch.cuda.device_count())]


def arithmetic(kind: str) -> dict[str, Any]:
    """Return how a search on a kind of device computes, as a part of its identity.

    A CPU search runs on one thread, so that its bits do not depend on the machine, and the
    processors are shared out among trials.
    """
    return {"device": kind, "precision": "float32"} | ({"threads": 1} if kind == "cpu" else {})


def prepare(name: str, threads: int) -> "torch.device":
    """Set this process up to compute on a device: deterministic kernels, plain float32.

    Args:
        name: 'cpu' or 'cuda:N'.
        threads: of a CPU, for this process; the number changes the bits.
    """
    # cuBLAS reads it when it starts, and is deterministic only with it.
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    import torch

    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(True)
    torch.utils.deterministic.fill_uninitialized_memory = False  # type: ignore[attr-defined]
    torch.backends.cudnn.benchmark = False
    torch.backends.cudnn.allow_tf32 = False
    torch.backends.cuda.matmul.allow_tf32 = False
    device = torch.device(name)
    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    return device


def peak_memory_mib(device: "torch.device") -> float:
    """Return the peak memory of this process: of its tensors on a GPU, else its resident size.

    The latter counts from the start of the process, which may have run other trials before.
    """
    if device.type == "cuda":
        import torch

        return torch.cuda.max_memory_allocated(device) / _MIB
    largest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return largest / (_MIB if sys.platform == "darwin" else 2**10)


def description(device: "torch.device") -> str:
    """Return the name of the GPU or processor, as its vendor gives it."""
    if device.type == "cuda":
        import torch

        return torch.cuda.get_device_name(device)
    information = Path("/proc/cpuinfo")
    if information.is_file():
        found = re.search(r"^model name\s*:\s*(.+)$", information.read_text(), re.MULTILINE)
        if found:
            return found[1]
    return platform.processor() or platform.machine()


def out_of_memory(error: Exception) -> str | None:
    """Return what an error says about memory that ran out, or None for any other error.

    torch raises a class of its own for a GPU and a plain RuntimeError for the host; both texts name
    the size of the failed allocation.
    """
    text = str(error)
    is_torch = re.search(
        r"out of memory|can't allocate memory|not enough memory|ALLOC_FAILED", text
    )
    if not (isinstance(error, MemoryError) or (isinstance(error, RuntimeError) and is_torch)):
        return None
    asked = re.search(r"[Tt]ried to allocate ([\d.]+ ?\w+)", text)
    if asked is None:
        return "Out of memory."
    return f"Out of memory allocating {asked[1]}. Use a smaller batch_size or fewer jobs."


def is_lost(error: Exception) -> bool:
    """Return whether an error says that the GPU no longer works for this process."""
    return isinstance(error, RuntimeError) and "CUDA error" in str(error)
