"""Steps of a first-order search as the loop takes them: C = 16, N = 5, batch 64, one thread.

The existing tools take 3.2 to 3.4 s for a step of the weights, 3.2 to 3.5 s for one of alpha, and
2.7 GiB. `peak_memory_mib` in the benchmark's extra information is the process's largest resident
size so far: run one test alone (`-k`) for its own.
"""

import pytest
import torch

from harness.contract.fake_task import FakeTask, settings_of
from harness.trials.device import peak_memory_mib, prepare
from methods.darts import FirstOrderDarts
from methods.differentiable.search import BilevelSearch


@pytest.fixture
def search():
    threads, deterministic = torch.get_num_threads(), torch.are_deterministic_algorithms_enabled()
    device = prepare("cpu", threads=1)
    settings = settings_of(FirstOrderDarts, channels=16, cells_per_stage=5, batch_size=64)
    task = FakeTask(settings, dtype=torch.float32, device=device, images=256, side=32)
    yield BilevelSearch(FirstOrderDarts(), task)
    torch.set_num_threads(threads)
    torch.use_deterministic_algorithms(deterministic)


@pytest.fixture
def batches(search):
    return [search.next_batch(part) for part in ("search_train", "search_valid")]


def test_weight_step(benchmark, search, batches):
    """Forward, backward to the weights, clipping, SGD."""
    train, _ = batches
    benchmark.pedantic(lambda: search._weight_step(train), warmup_rounds=2, rounds=5)
    benchmark.extra_info["peak_memory_mib"] = round(peak_memory_mib(search.task.device))


def test_alpha_step(benchmark, search, batches):
    """Forward, backward to alpha alone, Adam."""
    benchmark.pedantic(lambda: search._alpha_step(*batches), warmup_rounds=2, rounds=5)
    benchmark.extra_info["peak_memory_mib"] = round(peak_memory_mib(search.task.device))


def test_both_batches(benchmark, search):
    """Two batches of 64 images, cropped, flipped and normalised."""
    benchmark(lambda: [search.next_batch(part) for part in ("search_train", "search_valid")])
