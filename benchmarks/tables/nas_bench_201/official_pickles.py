"""Safe readers for the pickles of the official files: torch's format and bz2."""

import bz2
import codecs
import collections
import hashlib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO, cast

from numpy._core.multiarray import scalar

from benchmarks.errors import UserError
from benchmarks.tables import allowed_pickle

# torch/serialization.py: a file written before torch 1.6, like the official one, begins with three
# pickles: this number, the format's version and the machine's type sizes.
_TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_ZIP_MAGIC = b"PK\x03\x04"


def _old_bytes(text: str, encoding: str) -> bytes:
    # The encoding of bytes in pickles of protocol 2; Python 3 always writes latin1.
    if encoding != "latin1":
        raise ValueError(f"it has bytes in the encoding {encoding}")
    return codecs.encode(text, "latin1")


_ALLOWED: Mapping[tuple[str, str], Any] = {
    **allowed_pickle.NUMPY,
    ("numpy.core.multiarray", "scalar"): scalar,
    ("numpy._core.multiarray", "scalar"): scalar,
    ("_codecs", "encode"): _old_bytes,
    ("collections", "OrderedDict"): collections.OrderedDict,
    ("collections", "defaultdict"): collections.defaultdict,
    # Protocol 2 uses the module's name in Python 2.
    ("__builtin__", "list"): list,
    ("__builtin__", "set"): set,
    ("builtins", "list"): list,
    ("builtins", "set"): set,
}


def read_torch_file(path: Path) -> Any:
    """Read plain data without tensors that `torch.save` wrote in either of its two formats.

    `torch.load` is not used: with `weights_only` it is as safe, but interprets the pickle in
    Python, which takes 15 times as long and 20 % more memory; without, it also loads TorchScript.

    Raises:
        UserError: the file is truncated, or holds anything but plain data.
    """
    with path.open("rb") as file:
        if file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC:
            return _read_torch_zip(path, file)
        file.seek(0)
        magic, _, _ = (allowed_pickle.load(file, {}, path) for _ in range(3))
        if magic != _TORCH_MAGIC:
            raise UserError(f"{path} is not a torch file. Download it again from its publisher.")
        return allowed_pickle.load(file, _ALLOWED, path)


def _read_torch_zip(path: Path, file: BinaryIO) -> Any:
    try:
        with zipfile.ZipFile(file) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
            with archive.open(name) as data:
                return allowed_pickle.load(cast(BinaryIO, data), _ALLOWED, path)
    except (zipfile.BadZipFile, ValueError) as error:
        raise UserError(
            f"{path} is truncated or not a torch file ({error}). "
            "Download it again from its publisher."
        ) from error


def read_bz2(path: Path) -> tuple[Any, str]:
    """Read a bz2-compressed pickle; return its data and the SHA-256 of the compressed file.

    Raises:
        UserError: the file is truncated, or holds anything but plain data.
    """
    compressed = path.read_bytes()
    try:
        data = bz2.decompress(compressed)
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} is truncated or not compressed with bz2 ({error}). "
            "Download it again from its publisher."
        ) from error
    content = allowed_pickle.load(io.BytesIO(data), _ALLOWED, path)
    return content, hashlib.sha256(compressed).hexdigest()
