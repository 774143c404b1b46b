"""One step of training a network of the digits' table: alone, and as one of three stacked seeds.

A round of the stacked benchmark is three networks' steps, to be compared with three rounds of the
other.
"""

import pytest
import torch

from benchmarks.datasets import DIGITS
from benchmarks.datasets.image_file import images_of
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from benchmarks.training.protocol import protocol
from benchmarks.training.training import Examples, Training


@pytest.mark.parametrize("seeds", [(0,), (0, 1, 2)], ids=["alone", "stacked"])
def test_step(benchmark, seeds):
    """Noise, forward, backward, SGD, at C = 8, N = 1, batch 50."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    tiny, images = protocol("tiny"), images_of(DIGITS)
    indices = images.splits["train"]
    train = Examples(
        torch.from_numpy(images.normalised()[indices]), torch.from_numpy(images.labels[indices])
    )
    architecture = NAS_BENCH_201.architecture(6111)
    size = NAS_BENCH_201.network_sizes["tiny"]
    training = Training(
        lambda rng: NAS_BENCH_201.network(architecture, DIGITS, rng, **size),
        tiny,
        train,
        seeds,
        noise=DIGITS.noise,
    )
    batch = training._drawn_batches()[:, 0]
    benchmark.pedantic(lambda: training._take_step(batch), warmup_rounds=5, rounds=50)
    torch.set_num_threads(threads)
