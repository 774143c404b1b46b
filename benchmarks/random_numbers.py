"""Random numbers that are identical on every processor, so that searches start identically.

Torch's single-precision generators are not: their kernels round differently with and without AVX2.
The numbers here are computed in double precision and then rounded to single, which removes the
differences in the last bits.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def normal(*shape: int, rng: torch.Generator) -> torch.Tensor:
    """Draw from the standard normal distribution: float32, on the host."""
    import torch

    return torch.randn(shape, generator=rng, dtype=torch.float64).float()


def uniform(*shape: int, bound: float, rng: torch.Generator) -> torch.Tensor:
    """Draw uniformly between -bound and bound: float32, on the host.

    The numbers are those of `torch.nn.init.uniform_` on processors with AVX2.
    """
    import torch

    unit = torch.rand(shape, generator=rng).double()
    single = torch.tensor(bound).double()
    return (unit * (2 * single) - single).float()
