"""A step of the published supernet, C = 16, N = 5, batch 64, one thread. Run by `tox -e bench`.

The existing tools take 3.2 to 3.5 s for either step on such a core.
"""

import numpy as np
import pytest
import torch

from benchmarks.datasets import dataset
from benchmarks.spaces.mixture import Mixture
from benchmarks.spaces.nas_bench_201.settings import SupernetSettings
from benchmarks.spaces.nas_bench_201.supernet import Supernet
from benchmarks.spaces.supernet_settings import SupernetVariant


@pytest.fixture(params=["as it comes", "channels last"])
def step(request):
    """The loss of one batch, and what it depends on."""
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    rng = torch.Generator().manual_seed(0)
    supernet = Supernet(dataset("cifar10"), SupernetSettings(), SupernetVariant(), rng)
    images = torch.randn(64, 3, 32, 32, generator=rng)
    if request.param == "channels last":
        supernet = supernet.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
        images = images.contiguous(memory_format=torch.channels_last)
    labels = torch.randint(10, (64,), generator=rng)
    alpha = torch.zeros(6, 5, requires_grad=True)

    def loss():
        mixture = Mixture({"cell": alpha.softmax(dim=1)}, {"cell": np.ones((6, 5), dtype=bool)})
        return torch.nn.functional.cross_entropy(supernet(images, mixture), labels)

    yield loss, supernet, alpha
    torch.set_num_threads(threads)


def test_weight_step(benchmark, step):
    """Forward, and backward to weights and alpha."""
    loss, _, _ = step
    benchmark.pedantic(lambda: loss().backward(), warmup_rounds=2, rounds=5)


def test_alpha_step(benchmark, step):
    """Forward, and backward to alpha alone."""
    loss, supernet, alpha = step
    supernet.requires_grad_(False)
    benchmark.pedantic(lambda: torch.autograd.grad(loss(), alpha), warmup_rounds=2, rounds=5)
