"""Foreign pickles, read without running anything that they name.

A pickle can name any function to call. This reader resolves only what the caller lists; whatever
else a file names is refused before it is used.
"""

import pickle
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy._core.multiarray import _reconstruct

from benchmarks.errors import UserError

NUMPY: Mapping[tuple[str, str], Any] = {
    # numpy 1 wrote the first of each pair, numpy 2 writes the second.
    ("numpy.core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): _reconstruct,
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
}
"""What an array needs."""


_CUT_OFF_OR_FOREIGN = (
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
    file: BinaryIO, allowed: Mapping[tuple[str, str], Any], called: str | Path = "The file"
) -> Any:
    """Read a pickle that may name only the keys of `allowed`, each standing for its value.

    Raises:
        UserError: the pickle names something else, or is cut off.
    """
    try:
        return _AllowListed(file, allowed).load()
    except _CUT_OFF_OR_FOREIGN as error:
        raise UserError(
            f"{called} is not the file it should be ({error}), so nothing of it was used. "
            "Get it again from its publisher."
        ) from error
