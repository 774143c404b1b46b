"""Atomic writes: a file is either complete or unchanged."""

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.errors import UserError


class CannotWrite(UserError):
    """A file cannot be written, because the disk is full or its folder is not writable."""


def cannot_write(path: Path, error: OSError) -> CannotWrite:
    """Return the error for a file that cannot be written."""
    return CannotWrite(
        f"Cannot write {path}: {error.strerror or error}. Finished work is kept; "
        "make room or choose another folder, then run the same command again."
    )


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`, and atomically rename it to `path` on success.

    A process that is killed midway leaves `path` unchanged, and at most a file `.NAME.*.tmp`.

    Raises:
        CannotWrite: the disk is full, or the folder is not writable.
    """
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        # The folder may be missing or read-only, which is reported above.
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes, *, is_durable: bool = False) -> None:
    """Write `content` to `path` atomically.

    Args:
        path: of the file.
        content: of the file.
        is_durable: return only when the file survives a power failure.

    Raises:
        CannotWrite: the disk is full, or the folder is not writable.
    """
    with replacing(path) as partial:
        partial.write_bytes(content)
        if is_durable:
            _flush(partial)
    if is_durable and os.name == "posix":  # elsewhere a folder cannot be opened
        _flush(path.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
