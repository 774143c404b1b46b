"""Random streams: every part of a trial draws from a generator of its own.

A generator is seeded by a hash of its purpose, so nothing depends on the order in which streams are
drawn from, and adding a method or a stream changes no other stream.
"""

import hashlib
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import torch


def seed_for(*names: object) -> int:
    """Return a 128-bit seed for a purpose, given by its names."""
    text = "\x1f".join(map(str, names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def generator(*names: object) -> np.random.Generator:
    """Return the generator of a stream, given by its names."""
    return np.random.Generator(np.random.PCG64(seed_for(*names)))


def torch_generator(*names: object) -> "torch.Generator":
    """Return the same for torch, on the host; torch takes 64 bits of the seed."""
    import torch

    return torch.Generator().manual_seed(seed_for(*names) % 2**64)
