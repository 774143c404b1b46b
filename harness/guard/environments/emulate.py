"""Emulation of other processors on this one: other kernels, other numbers of threads.

Each emulation is a separate process, since torch and MKL choose their kernels when they start.
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
from harness.guard.probes.short_search import Derivation, run_short_search, shorten
from harness.trials.trial import SearchTrial

T = TypeVar("T")


@dataclass(frozen=True)
class EmulatedEnvironment:
    """An environment that this machine can emulate."""

    name: str
    variables: Mapping[str, str] = field(default_factory=dict)
    """Environment variables of the process."""
    threads: int = 1


_CAPABILITIES = ("default", "avx2", "avx512")
"""Torch's instruction sets; a processor with one has those before it too."""


def emulated_environments() -> list[EmulatedEnvironment]:
    """List the environments that this machine can emulate.

    Torch does not check the instruction set that it is given, and crashes if the processor lacks
    it.
    """
    import torch

    here = torch.backends.cpu.get_cpu_capability().lower()
    known = _CAPABILITIES.index(here) if here in _CAPABILITIES else 0
    return [
        *(
            EmulatedEnvironment(each, {"ATEN_CPU_CAPABILITY": each})
            for each in _CAPABILITIES[: known + 1]
        ),
        # The matrix products of float64 are MKL's, and those of float32 oneDNN's too.
        EmulatedEnvironment(
            "older kernels", {"MKL_ENABLE_INSTRUCTIONS": "SSE4_2", "ONEDNN_MAX_CPU_ISA": "SSE41"}
        ),
        EmulatedEnvironment("2 threads", threads=2),
    ]


def emulate_short_searches(
    environment: EmulatedEnvironment,
    trials: Sequence[tuple[SearchTrial, int]],
    plugins: Sequence[Path] = (),
) -> list[Derivation]:
    """Run short searches in another environment.

    Args:
        environment: the environment.
        trials: each trial with the seed of its short search.
        plugins: files that register methods.
    """
    return call_in(environment, _run_short_searches, trials, environment.threads, plugins)


def call_in(environment: EmulatedEnvironment, function: Callable[..., T], *arguments: Any) -> T:
    """Call a module-level function in a separate process with another environment.

    Raises:
        UserError: the process died.
    """
    context = multiprocessing.get_context("spawn")
    with _variables(environment.variables), ProcessPoolExecutor(1, context) as pool:
        try:
            return pool.submit(function, *arguments).result()
        except BrokenProcessPool as error:
            raise UserError(
                f"The process that emulates '{environment.name}' died. If you call the guard from "
                'a script, put its code under `if __name__ == "__main__":`.'
            ) from error


def _run_short_searches(
    trials: Sequence[tuple[SearchTrial, int]], threads: int, plugins: Sequence[Path]
) -> list[Derivation]:
    from harness.planning.plugins import load

    load(plugins)
    return [run_short_search(shorten(trial, seed, threads)) for trial, seed in trials]


@contextmanager
def _variables(changed: Mapping[str, str]) -> Iterator[None]:
    """Change this process's environment variables, which its children inherit."""
    before = dict(os.environ)
    try:
        os.environ.update(changed)
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)
