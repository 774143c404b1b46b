"""Files from the network: pinned, resumed when broken off, checked before anything reads them."""

import hashlib
import http.client
import os
import shutil
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from filelock import FileLock

from benchmarks.errors import UserError
from benchmarks.files.atomic import cannot_write, replacing

_CHUNK_BYTES = 1 << 18
_TIMEOUT_SECONDS = 30
_GITHUB = "https://raw.githubusercontent.com"

Progress = Callable[[str, int, int], None]
"""Called with a file's name, the bytes that are here and the bytes in all."""


@dataclass(frozen=True)
class Source:
    """A public file that never changes: a path in a repository at a commit, and its checksum."""

    name: str
    repository: str
    commit: str
    path: str
    sha256: str
    bytes: int

    @property
    def url(self) -> str:
        """Where it is downloaded from; `HARNESS_GITHUB_MIRROR` replaces GitHub's address."""
        host = (os.environ.get("HARNESS_GITHUB_MIRROR") or _GITHUB).rstrip("/")
        return f"{host}/{self.repository}/{self.commit}/{self.path}"

    @property
    def origin(self) -> str:
        """Where it comes from, for people."""
        return f"{self.repository} @ {self.commit} : {self.path}"


def sha256(path: Path) -> str:
    """The SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_here(source: Source, folder: Path) -> bool:
    """Whether the right file lies in `folder`."""
    path = folder / source.name
    return path.is_file() and sha256(path) == source.sha256


def copy(source: Source, origin: Path, folder: Path) -> Path:
    """Take a source from a local folder.

    Raises:
        UserError: it is not there, or is another file.
    """
    found, target = origin / source.name, folder / source.name
    if not found.is_file():
        raise UserError(f"{found} does not exist. Put {source.url} there, or leave --from out.")
    if sha256(found) != source.sha256:
        raise UserError(
            f"{found} is not the file it should be: its SHA-256 is not {source.sha256}. "
            f"Get it again from {source.url}."
        )
    with replacing(target) as partial:
        shutil.copyfile(found, partial)
    return target


def download(source: Source, folder: Path, progress: Progress) -> Path:
    """Download a source, going on where an earlier attempt broke off.

    Raises:
        UserError: no network, the server has no such file, the download broke off, or what came is
            another file (it is then deleted).
    """
    target = folder / source.name
    partial = folder / f".{source.name}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        with FileLock(folder / f".{source.name}.lock"):
            if is_here(source, folder):  # another process was quicker
                return target
            _transfer(source, partial, progress)
            return _checked(source, partial, target)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise UserError(
            f"Cannot download {source.url}: {reason}. Run the same command again to go on where it "
            f"broke off, or put the file into a folder and give that with --from."
        ) from error


def _checked(source: Source, partial: Path, target: Path) -> Path:
    """Move a transferred file to its place, once it is the right one."""
    here = partial.stat().st_size
    if here < source.bytes:
        raise UserError(
            f"The download of {source.url} broke off after {here:,} of {source.bytes:,} bytes. "
            "Run the same command again to go on from there."
        )
    if sha256(partial) != source.sha256:
        partial.unlink()
        raise UserError(
            f"What came from {source.url} is another file: its SHA-256 is not {source.sha256}. "
            "It was deleted; run the same command again, or check what stands between you and "
            "that address."
        )
    partial.replace(target)
    return target


def _transfer(source: Source, partial: Path, progress: Progress) -> None:
    here = partial.stat().st_size if partial.is_file() else 0
    if here >= source.bytes:
        return
    request = urllib.request.Request(source.url, headers={"Range": f"bytes={here}-"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as answer:
        # A server that does not know ranges answers 200 and sends the whole file.
        if answer.status != 206:
            here = 0
        with partial.open("ab" if here else "wb") as file:
            while chunk := answer.read(_CHUNK_BYTES):
                file.write(chunk)
                here += len(chunk)
                progress(source.name, here, source.bytes)
