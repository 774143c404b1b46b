"""A reader for untrusted pickles that calls nothing outside an allow-list.

A pickle can name any function to call. This reader resolves only the names that the caller lists
and rejects a file that names anything else.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy._core.multiarray import _reconstruct

from benchmarks.errors import UserError

NUMPY: Mapping[tuple[str, str], Any] = {
    # The first is written by numpy 1, the second by numpy 2.
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}
"""The names that an array needs."""

_INVALID_PICKLE = (
    pickle.UnpicklingError,
    EOFError,
    AttributeError,
    IndexError,
    KeyError,
    OverflowError,
    TypeError,
    ValueError,
)


class _AllowListed(pickle.Unpickler):
    def __init__(self, file: BinaryIO, allowed: Mapping[tuple[str, str], Any]):
        super().__init__(file)
        self._allowed = allowed

    def find_class(self, module: str, name: str) -> Any:
        try:
            return self._allowed[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it names {module}.{name}") from None


def load(
    file: BinaryIO, allowed: Mapping[tuple[str, str], Any], name: str | Path = "The file"
) -> Any:
    """Load a pickle that may name only the keys of `allowed`, which resolve to their values.

    Args:
        file: the pickle.
        allowed: by module and name in the pickle, the object to use.
        name: what error messages call the file.

    Raises:
        UserError: the pickle names anything else, or is truncated.
    """
    try:
        return _AllowListed(file, allowed).load()
    except _INVALID_PICKLE as error:
        raise UserError(
            f"{name} is not the expected file ({error}), so it was not used. "
            "Download it again from its publisher."
        ) from error
