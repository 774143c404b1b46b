"""Downloads of pinned files: resumable, and verified by SHA-256 before use."""

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
"""Called with a file's name, the number of bytes downloaded and the total."""


@dataclass(frozen=True)
class Source:
    """A pinned public file: a path in a repository at a commit, and its checksum."""

    name: str
    repository: str
    commit: str
    path: str
    sha256: str
    bytes: int

    @property
    def url(self) -> str:
        """Download address; `HARNESS_GITHUB_MIRROR` replaces GitHub's."""
        host = (os.environ.get("HARNESS_GITHUB_MIRROR") or _GITHUB).rstrip("/")
        return f"{host}/{self.repository}/{self.commit}/{self.path}"

    @property
    def origin(self) -> str:
        """Human-readable origin."""
        return f"{self.repository} @ {self.commit} : {self.path}"


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_present(source: Source, folder: Path) -> bool:
    """Return whether `folder` holds the file with the right checksum."""
    path = folder / source.name
    return path.is_file() and sha256(path) == source.sha256


def copy(source: Source, origin: Path, folder: Path) -> Path:
    """Copy a source from the local folder `origin`.

    Raises:
        UserError: the file is missing or has another checksum.
    """
    found, target = origin / source.name, folder / source.name
    if not found.is_file():
        raise UserError(f"{found} does not exist. Put {source.url} there, or omit --from.")
    if sha256(found) != source.sha256:
        raise UserError(
            f"{found} is not the expected file: its SHA-256 is not {source.sha256}. "
            f"Download it again from {source.url}."
        )
    with replacing(target) as partial:
        shutil.copyfile(found, partial)
    return target


def download(source: Source, folder: Path, progress: Progress) -> Path:
    """Download a source, resuming an interrupted download.

    Raises:
        UserError: there is no network, the server does not have the file, the download was
            interrupted, or the file has another checksum (it is then deleted).
    """
    target = folder / source.name
    partial = folder / f".{source.name}.partial"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise cannot_write(folder, error) from error
    try:
        with FileLock(folder / f".{source.name}.lock"):
            if is_present(source, folder):  # another process has finished it
                return target
            _transfer(source, partial, progress)
            return _checked(source, partial, target)
    except (OSError, ValueError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", None) or error
        raise UserError(
            f"Cannot download {source.url}: {reason}. Run the same command again to resume the "
            "download, or put the file into a folder and pass that with --from."
        ) from error


def _checked(source: Source, partial: Path, target: Path) -> Path:
    """Verify a downloaded file and move it to `target`."""
    here = partial.stat().st_size
    if here < source.bytes:
        raise UserError(
            f"The download of {source.url} was interrupted after {here:,} of {source.bytes:,} "
            "bytes. Run the same command again to resume it."
        )
    if sha256(partial) != source.sha256:
        partial.unlink()
        raise UserError(
            f"The file downloaded from {source.url} is not the expected one: its SHA-256 is not "
            f"{source.sha256}. It was deleted; run the same command again, or check whether a "
            "proxy altered it."
        )
    partial.replace(target)
    return target


def _transfer(source: Source, partial: Path, progress: Progress) -> None:
    here = partial.stat().st_size if partial.is_file() else 0
    if here >= source.bytes:
        return
    request = urllib.request.Request(source.url, headers={"Range": f"bytes={here}-"})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
        # A server without range support answers 200 and sends the whole file.
        if response.status != 206:
            here = 0
        with partial.open("ab" if here else "wb") as file:
            while chunk := response.read(_CHUNK_BYTES):
                file.write(chunk)
                here += len(chunk)
                progress(source.name, here, source.bytes)
