"""Random streams: every part of a trial draws from a generator of its own.

A generator is seeded by a hash of its purpose, so nothing depends on the order in which streams are
drawn from, and adding a method or a stream changes no other stream.
"""

import hashlib
import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

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


class Streams:
    """The random streams of one search: a generator per name, which is saved with the search.

    Args:
        names_of: what seeds a stream, given its name.
    """

    def __init__(self, names_of: Callable[[str], tuple[object, ...]]):
        self._names_of = names_of
        self._restored_numpy: Mapping[str, str] = {}
        self._restored_torch: Mapping[str, torch.Tensor] = {}
        self._numpy: dict[str, np.random.Generator] = {}
        self._torch: dict[str, torch.Generator] = {}

    def numpy(self, name: str) -> np.random.Generator:
        """Return the generator of a stream, the same one at each call."""
        if name not in self._numpy:
            self._numpy[name] = generator(*self._names_of(name))
            self._restore_numpy(name)
        return self._numpy[name]

    def torch(self, name: str) -> "torch.Generator":
        """Return the same for torch; see `torch_generator`."""
        if name not in self._torch:
            self._torch[name] = torch_generator(*self._names_of(name))
            self._restore_torch(name)
        return self._torch[name]

    def state(self) -> dict[str, dict[str, Any]]:
        """Return the states of all streams, as text of numpy's and tensors of torch's."""
        numpy = {name: json.dumps(each.bit_generator.state) for name, each in self._numpy.items()}
        torch = {name: each.get_state() for name, each in self._torch.items()}
        return {
            "numpy": {**self._restored_numpy, **numpy},
            "torch": {**self._restored_torch, **torch},
        }

    def restore(self, state: Mapping[str, Mapping[str, Any]]) -> None:
        """Continue from states that `state` returned, in streams that are drawn from by now too."""
        self._restored_numpy = state.get("numpy", {})
        self._restored_torch = state.get("torch", {})
        for name in self._numpy:
            self._restore_numpy(name)
        for name in self._torch:
            self._restore_torch(name)

    def _restore_numpy(self, name: str) -> None:
        if name in self._restored_numpy:
            self._numpy[name].bit_generator.state = json.loads(self._restored_numpy[name])

    def _restore_torch(self, name: str) -> None:
        if name in self._restored_torch:
            self._torch[name].set_state(self._restored_torch[name])
