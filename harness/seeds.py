"""Random numbers: each part of a trial has a generator of its own.

A generator is seeded by a hash of what it is for, so that nothing depends on the order in which
parts draw, and adding a method or a part moves no other's numbers.
"""

import hashlib

import numpy as np


def seed_for(*parts: object) -> int:
    """A 128-bit seed from the names of what it is for."""
    text = "\x1f".join(map(str, parts))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:16], "big")


def generator(*parts: object) -> np.random.Generator:
    """A generator for the part of that name."""
    return np.random.Generator(np.random.PCG64(seed_for(*parts)))
