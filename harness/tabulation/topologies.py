"""Which architectures of a space are trained for a table, and which share a training."""

from dataclasses import dataclass
from functools import cache

import numpy as np

from benchmarks.spaces import tabulated_space

_ORDER_SEED = 201
_CHECKED = 30


@dataclass(frozen=True)
class Topologies:
    """The architectures of a space, by index."""

    sharing: np.ndarray
    """For each architecture the one whose training it shares, shape (architectures,)."""
    is_trained: np.ndarray
    """Whether it has a training; a disconnected one always predicts one class and needs none."""
    order: tuple[int, ...]
    """Those that are trained, in the fixed order of their training; any part of it is a fair
    sample."""
    nearly_shared: tuple[int, ...]
    """Some of those that share a training though their function is slightly another one."""

    def rows(self, trained: np.ndarray) -> np.ndarray:
        """For each architecture that has a training, its row among the trained ones.

        Args:
            trained: indices in any order, shape (n,); all of `order` are among them.
        """
        row = {int(index): place for place, index in enumerate(trained)}
        return np.array([row[int(index)] for index in self.sharing[self.is_trained]])


@cache
def topologies(space: str) -> Topologies:
    """Return the topologies of a registered space; UserError where there is none of that name."""
    named = tabulated_space(space)
    sharing = np.array(named.training_shares())
    is_trained = np.array(
        [named.is_connected(named.architecture(index)) for index in range(named.size)]
    )
    trained = np.unique(sharing[is_trained])
    shuffled = np.random.Generator(np.random.PCG64(_ORDER_SEED)).permutation(trained)
    near = [index for index in named.near_shares() if sharing[index] != index and is_trained[index]]
    chosen = np.random.Generator(np.random.PCG64(_ORDER_SEED)).choice(
        near, min(_CHECKED, len(near)), replace=False
    )
    return Topologies(
        sharing,
        is_trained,
        tuple(int(index) for index in shuffled),
        tuple(int(index) for index in chosen),
    )
