"""Checkpoints on disk, so that a kill costs minutes and changes nothing.

A file holds the SHA-256 of the rest, then the output of `torch.save`. The previous checkpoint is
kept beside the newest, in case the disk damages that one.
"""

import hashlib
import io
import logging
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.files.atomic import cannot_write, write_bytes
from harness.trials.notebook import CHECKPOINT_FORMAT, Checkpoint

_DIGEST_BYTES = 32

log = logging.getLogger("harness")


def write_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint whole or not at all; the previous one is kept.

    Raises:
        UserError: the disk is full, or the folder cannot be written.
        TypeError: the state holds anything but tensors, numbers, strings, lists and dicts.
    """
    import torch

    buffer = io.BytesIO()
    torch.save(vars(checkpoint), buffer)
    content = buffer.getvalue()
    try:  # now rather than on resume
        _plain(content)
    except ValueError as error:
        raise TypeError(
            f"A search can save tensors, numbers, strings, lists and dicts only. {error}"
        ) from error
    try:
        if path.exists():
            path.replace(_earlier(path))
    except OSError as error:
        raise cannot_write(path, error) from error
    write_bytes(path, hashlib.sha256(content).digest() + content)


def read_checkpoint(
    path: Path, fits: Callable[[Checkpoint], bool] = lambda found: True
) -> Checkpoint | None:
    """Return the newest intact checkpoint, its tensors on the host, or None.

    A checkpoint that is damaged, of another version, or does not fit is set aside with a warning.

    Args:
        path: of the newest; the previous one is beside it.
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
                    "%s %s: it is set aside as %s, and the search resumes from the previous "
                    "checkpoint, or starts again.", candidate, error, aside.name,
                )  # fmt: skip
    return None


def remove_checkpoints(path: Path) -> None:
    """Remove the checkpoints of a finished search."""
    for each in (path, _earlier(path)):
        each.unlink(missing_ok=True)


def _read(path: Path) -> Checkpoint:
    content = path.read_bytes()
    digest, content = content[:_DIGEST_BYTES], content[_DIGEST_BYTES:]
    if hashlib.sha256(content).digest() != digest:
        raise ValueError("is truncated or damaged")
    found = _plain(content)
    if found.get("format") != CHECKPOINT_FORMAT:
        raise ValueError(f"was written by another version (format {found.get('format')})")
    return Checkpoint(**found)


def _plain(content: bytes) -> dict[str, Any]:
    """Read the output of `torch.save` without executing any of it; ValueError where that fails."""
    import torch

    try:
        return torch.load(io.BytesIO(content), map_location="cpu", weights_only=True)
    except (pickle.UnpicklingError, RuntimeError, EOFError) as error:
        raise ValueError(
            f"holds objects that are not plain data ({str(error).split('. ')[0]})"
        ) from error


def _earlier(path: Path) -> Path:
    return path.with_name(f"{path.name}.earlier")
