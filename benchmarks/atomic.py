"""Files that either exist whole or do not exist."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from benchmarks.errors import UserError


@contextmanager
def replacing(path: Path) -> Iterator[Path]:
    """Yield a temporary path beside `path`; on success it takes `path`'s place in one step.

    A process that is killed half-way leaves `path` as it was, and at most a file `.NAME.PID.tmp`.

    Raises:
        UserError: the disk is full, or the folder cannot be written.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield partial
        partial.replace(path)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UserError(
            f"Cannot write {path}: {reason}. What was finished before is kept; "
            "make room or choose another folder, then run the same command again."
        ) from error
    finally:
        # The folder itself may be gone or read-only, which was reported above.
        with suppress(OSError):
            partial.unlink(missing_ok=True)


def write_text(path: Path, text: str) -> None:
    """Write `text` to `path` whole or not at all (UTF-8).

    Raises:
        UserError: the disk is full, or the folder cannot be written.
    """
    with replacing(path) as partial:
        partial.write_text(text, encoding="utf-8")
