"""Files that either exist whole or do not exist."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.errors import UserError


class CannotWrite(UserError):
    """The disk is full, or a folder cannot be written: nobody's fault but the computer's."""


def cannot_write(path: Path, error: OSError) -> CannotWrite:
    """What to tell the user when a file cannot be written."""
    return CannotWrite(
        f"Cannot write {path}: {error.strerror or error}. What was finished before is kept; "
        "make room or choose another folder, then run the same command again."
    )


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes `path`'s place in one step.

    A process that is killed half-way leaves `path` as it was, and at most a file `.NAME.*.tmp`.

    Raises:
        UserError: the disk is full, or the folder cannot be written.
    """
    partial = path.with_name(f".{path.name}.{uuid.uuid4().hex[:12]}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        raise cannot_write(path, error) from error
    finally:
        # The folder itself may be gone or read-only, which was reported above.
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_bytes(path: Path, content: bytes) -> None:
    """Write `content` to `path` whole or not at all.

    Raises:
        UserError: the disk is full, or the folder cannot be written.
    """
    with replacing(path) as partial:
        partial.write_bytes(content)
