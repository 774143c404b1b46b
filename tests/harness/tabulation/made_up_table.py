"""A table of the digits whose numbers are made up, in a moment."""

import dataclasses
from pathlib import Path

import numpy as np

from benchmarks.datasets import DIGITS
from benchmarks.training.protocol import PROTOCOLS
from harness.planning.recipe import Recipe
from harness.tabulation.measurements import Timings, Trainings
from harness.tabulation.table import write_tabulated_table
from harness.tabulation.topologies import topologies

SHORT = dataclasses.replace(PROTOCOLS["tiny"], epochs=3, early_epochs=1)
SIZE = {"channels": 2, "cells_per_stage": 1}
SEEDS = (0, 1)
RECIPE = Recipe("nas-bench-201", DIGITS, SHORT, SEEDS, SIZE)
ORDER = topologies("nas-bench-201").order


def made_up(indices) -> Trainings:
    rng = np.random.default_rng(3)
    count = len(indices)
    return Trainings(
        np.array(indices, dtype=np.int32),
        rng.integers(400, size=(count, 2, 3), dtype=np.uint32),
        rng.integers(4 * 997, size=(count, 2), dtype=np.uint32),
        rng.uniform(0.1, 0.5, count).astype(np.float32),
    )


def timed(indices) -> Timings:
    seconds = np.random.default_rng(4).uniform(0.01, 0.05, (2, len(indices))).astype(np.float32)
    return Timings(np.array(indices, dtype=np.int32), *seconds)


def finished(out: Path) -> Path:
    """Write the table."""
    write_tabulated_table(
        out,
        RECIPE,
        trained=made_up(ORDER),
        timed=timed(ORDER),
        unshared=made_up(topologies("nas-bench-201").nearly_shared),
        command="command",
    )
    return out
