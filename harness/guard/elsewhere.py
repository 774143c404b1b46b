"""The same searches as another processor would compute them: other kernels, other threads.

Each environment is a process of its own, since torch and MKL choose their kernels when they start.
"""

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

from benchmarks.errors import UserError
from harness.guard import short_search
from harness.guard.short_search import Derived
from harness.trials.trial import SearchTrial

T = TypeVar("T")


@dataclass(frozen=True)
class Elsewhere:
    """An environment that can be tried on one machine."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    """Of the process's environment."""
    threads: int = 1


_CAPABILITIES = ("default", "avx2", "avx512")
"""Torch's instruction sets, each a processor's that has those before it."""


def environments() -> list[Elsewhere]:
    """What can be tried on this machine, and a baseline's shortened searches are tried in.

    Torch takes an instruction set that it is told as it is, and dies where the processor lacks it.
    """
    import torch

    here = torch.backends.cpu.get_cpu_capability().lower()
    known = _CAPABILITIES.index(here) if here in _CAPABILITIES else 0
    return [
        *(Elsewhere(each, {"ATEN_CPU_CAPABILITY": each}) for each in _CAPABILITIES[: known + 1]),
        # The matrix products of float64 are MKL's, and those of float32 oneDNN's too.
        Elsewhere(
            "older kernels", {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "ONEDNN_MAX_CPU_ISA": "SSE41"}
        ),
        Elsewhere("2 threads", threads=2),
    ]


def run(
    trials: Sequence[tuple[SearchTrial, int]],
    where: Elsewhere,
    plugins: Sequence[Path] = (),
) -> list[Derived]:
    """Run shortened searches in another environment; what each derives.

    Args:
        trials: each trial with the seed of its shortened search.
        where: the environment.
        plugins: files that register methods.
    """
    return call(_run_all, where, trials, where.threads, plugins)


def call(function: Callable[..., T], where: Elsewhere, *arguments: Any) -> T:
    """Call a function of a module in a process of its own in another environment.

    Raises:
        UserError: the process died.
    """
    context = multiprocessing.get_context("spawn")
    with _variables(where.variables), ProcessPoolExecutor(1, context) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool as error:
            raise UserError(
                f"The process that was to compute with '{where.name}' died. Where this is a "
                'script, start what it does under `if __name__ == "__main__":`.'
            ) from error


def _run_all(
    trials: Sequence[tuple[SearchTrial, int]], threads: int, plugins: Sequence[Path]
) -> list[Derived]:
    from harness.planning.plugins import load

    load(plugins)
    return [short_search.run(short_search.of(trial, seed, threads)) for trial, seed in trials]


@contextmanager
def _variables(changed: Mapping[str, str]) -> Iterator[None]:
    """The process's environment changed, for the processes that it starts."""
    before = dict(os.environ)
    try:
        os.environ.update(changed)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
