"""Search spaces, by name."""

from typing import cast

from benchmarks.errors import UserError
from benchmarks.registry import Registry
from benchmarks.spaces.space import SearchSpace, TabulatedSpace

SPACES: Registry[SearchSpace] = Registry(
    "space", {"nas-bench-201": "benchmarks.spaces.nas_bench_201:NAS_BENCH_201"}
)


def tabulated_space(name: str) -> TabulatedSpace:
    """Return a space whose architectures are numbered.

    Raises:
        UserError: there is none of that name, or it is too large for a table.
    """
    space = SPACES[name]
    if not hasattr(space, "size"):
        raise UserError(f"The architectures of {name} are not numbered, so it can have no table.")
    return cast(TabulatedSpace, space)
