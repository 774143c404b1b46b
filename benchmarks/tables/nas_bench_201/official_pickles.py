"""The pickles of the official files, read without running anything: torch's format and bz2."""

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

# torch/serialization.py: a file from before torch 1.6, as the official one is, begins with this
# number as a pickle, then one of the format's version and one of the machine's sizes.
_TORCH_MAGIC = 0x1950A86A20F9469CFC6C
_ZIP_MAGIC = b"PK\x03\x04"


def _old_bytes(text: str, encoding: str) -> bytes:
    # How pickles of protocol 2 spell bytes; Python 3 writes them with this one encoding.
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
    # Protocol 2 calls the module by its name in Python 2.
    ("__builtin__", "list"): list,
    ("__builtin__", "set"): set,
    ("builtins", "list"): list,
    ("builtins", "set"): set,
}


def read_torch_file(path: Path) -> Any:
    """What `torch.save` wrote, in either of its two formats, if it is data without tensors.

    Not through `torch.load`: with `weights_only` that is as safe, but it interprets the pickle in
    Python, 15 times as slowly and with a fifth more memory; without, it opens TorchScript too.

    Raises:
        UserError: the file is cut off, or holds anything but plain data.
    """
    with path.open("rb") as file:
        if file.read(len(_ZIP_MAGIC)) == _ZIP_MAGIC:
            return _read_torch_zip(path, file)
        file.seek(0)
        magic, _, _ = (allowed_pickle.load(file, {}, path) for _ in range(3))
        if magic != _TORCH_MAGIC:
            raise UserError(f"{path} is no file of torch. Get it again from its publisher.")
        return allowed_pickle.load(file, _ALLOWED, path)


def _read_torch_zip(path: Path, file: BinaryIO) -> Any:
    try:
        with zipfile.ZipFile(file) as archive:
            (name,) = (name for name in archive.namelist() if name.endswith("/data.pkl"))
            with archive.open(name) as data:
                return allowed_pickle.load(cast(BinaryIO, data), _ALLOWED, path)
    except (zipfile.BadZipFile, ValueError) as error:
        raise UserError(
            f"{path} is cut off or no file of torch ({error}). Get it again from its publisher."
        ) from error


def read_bz2(path: Path) -> tuple[Any, str]:
    """The data in a pickle that bz2 packed, and the SHA-256 of the packed file.

    Raises:
        UserError: the file is cut off, or holds anything but plain data.
    """
    packed = path.read_bytes()
    try:
        data = bz2.decompress(packed)
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} is cut off or not packed with bz2 ({error}). Get it again from its publisher."
        ) from error
    return allowed_pickle.load(io.BytesIO(data), _ALLOWED, path), hashlib.sha256(packed).hexdigest()
