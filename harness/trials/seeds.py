"""Random numbers: each part of a trial has a generator of its own.

A generator is seeded by a hash of what it is for, so that nothing depends on the order in which
parts draw, and adding a method or a part moves no other's numbers.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def seed_for(*parts: object) -> int:
    """A 128-bit seed from the names of what it is for."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def generator(*parts: object) -> np.random.Generator:
    """A generator for the part of that name."""
    return np.random.Generator(np.random.PCG64(seed_for(*parts)))


def torch_generator(*parts: object) -> "torch.Generator":
    """The same for torch, on the host; torch takes 64 bits of the seed."""
    import torch

    return torch.Generator().manual_seed(seed_for(*parts) % 2**64)
