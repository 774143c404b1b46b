"""The cost of a training, from a few steps."""

import torch

from benchmarks.datasets import DIGITS
from benchmarks.spaces.nas_bench_201.architecture import Architecture
from benchmarks.spaces.nas_bench_201.network import Network
from benchmarks.training.timing import measure_cost
from benchmarks.training.training import Examples
from tests.harness.tabulation.made_up_table import SHORT


def test_the_clock_needs_no_more_steps_than_an_epoch_has():
    few = Examples(torch.randn(60, 3, 8, 8), torch.arange(60) % 10)
    architecture = Architecture.from_index(1462)
    size = {"channels": 2, "cells_per_stage": 1}
    found = measure_cost(lambda rng: Network(architecture, DIGITS, rng, **size), SHORT, few, few)
    assert found.validation > 0
    assert found.epoch > 0
