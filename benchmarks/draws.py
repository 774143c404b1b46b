"""Random numbers that are the same on every processor, so that searches start alike.

Torch's own in single precision are not: its kernels round differently with and without AVX2. Those
here are computed in double precision and then rounded, where differences in a double's last bits
disappear.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def normal(*shape: int, rng: torch.Generator) -> torch.Tensor:
    """Normal numbers of mean 0 and standard deviation 1: float32, on the host."""
    import torch

    return torch.randn(shape, generator=rng, dtype=torch.float64).float()


def uniform(*shape: int, bound: float, rng: torch.Generator) -> torch.Tensor:
    """Numbers between -bound and bound: float32, on the host.

    They are those of `torch.nn.init.uniform_` on processors with AVX2.
    """
    import torch

    shares = torch.rand(shape, generator=rng).double()
    single = torch.tensor(bound).double()
    return (shares * (2 * single) - single).float()
