"""What an unfinished search leaves behind, so that a kill costs minutes and changes nothing.

A file holds the SHA-256 of the rest, then what `torch.save` wrote. Beside the newest stands the one
before it, for the case that the disk spoils the newest.
"""

import hashlib
import io
import logging
import pickle
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.files.atomic import cannot_write, write_bytes

FORMAT = 1
_DIGEST_BYTES = 32

log = logging.getLogger("harness")


@dataclass(frozen=True)
class Checkpoint:
    """A search at one moment."""

    state: Any
    """The method's own: nested dicts and lists of tensors, numbers and strings."""
    events: int
    """How many events the search had noted."""
    seconds: float
    """Real time that the search had taken."""
    format: int = FORMAT


def write(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint whole or not at all; the one before it is kept.

    Raises:
        UserError: the disk is full, or the folder cannot be written.
        TypeError: the state holds something else than tensors, numbers, texts, lists and dicts.
    """
    import torch

    buffer = io.BytesIO()
    torch.save(vars(checkpoint), buffer)
    content = buffer.getvalue()
    try:  # rather now than when the search is to go on
        _plain(content)
    except ValueError as error:
        raise TypeError(
            f"What a search saves must be made of tensors, numbers, texts, lists and dicts. {error}"
        ) from error
    try:
        if path.exists():
            path.replace(_earlier(path))
    except OSError as error:
        raise cannot_write(path, error) from error
    write_bytes(path, hashlib.sha256(content).digest() + content)


def read(path: Path, fits: Callable[[Checkpoint], bool] = lambda found: True) -> Checkpoint | None:
    """The newest checkpoint that is whole, its tensors on the host, or None where there is none.

    One that is damaged, of another version, or does not fit is set aside with a warning.

    Args:
        path: the newest; the one before it is beside it.
        fits: whether a checkpoint agrees with what else is known of the search.
    """
    for candidate in (path, _earlier(path)):
        if candidate.is_file():
            try:
                found = _read(candidate)
                if not fits(found):
                    raise ValueError("does not fit the events that the search has noted")
                return found
            except (ValueError, OSError) as error:
                aside = candidate.with_name(f"{candidate.name}.unreadable")
                candidate.replace(aside)
                log.warning(
                    "%s %s: it is set aside as %s, and the search goes on from the checkpoint "
                    "before it, or begins again.", candidate, error, aside.name,
                )  # fmt: skip
    return None


def remove(path: Path) -> None:
    """Remove the checkpoints of a search that is finished."""
    for each in (path, _earlier(path)):
        each.unlink(missing_ok=True)


def _read(path: Path) -> Checkpoint:
    content = path.read_bytes()
    digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        raise ValueError("is cut off or damaged")
    found = _plain(content)
    if found.get("format") != FORMAT:
        raise ValueError(f"was written by another version (format {found.get('format')})")
    return Checkpoint(**found)


def _plain(content: bytes) -> dict[str, Any]:
    """What `torch.save` wrote, read without running anything of it; ValueError where that fails."""
    import torch

    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(f"holds what is not plain ({str(error).splitlines()[0]})") from error


def _earlier(path: Path) -> Path:
    return path.with_name(f"{path.name}.earlier")
