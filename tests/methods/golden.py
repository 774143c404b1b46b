"""The golden files, and the versions of the methods that they were written for.

`golden/versions.txt` holds a line for each file: method, version, SHA-256. A file moves only
together with its method's version, so a number that moves by accident, or is moved without saying
so, does not pass.
"""

import hashlib
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"
_VERSIONS = "versions.txt"


class Unversioned(Exception):
    """A golden file would move under its method's old version."""


def read(name: str, folder: Path = FOLDER) -> str:
    """A method's golden file."""
    return (folder / f"{name}.txt").read_text()


def write(name: str, version: str, content: str, folder: Path = FOLDER) -> None:
    """Write a method's golden file for a version of it.

    Raises:
        Unversioned: the content is another one, and the version is not.
    """
    versions = recorded(folder)
    digest = _digest(content)
    if name in versions and versions[name] != (version, digest) and versions[name][0] == version:
        raise Unversioned(
            f"{name}'s numbers moved and its version is {version} as before: raise the version, "
            "or undo what moved them."
        )
    versions[name] = (version, digest)
    (folder / f"{name}.txt").write_text(content)
    lines = [" ".join((each, *versions[each])) for each in sorted(versions)]
    (folder / _VERSIONS).write_text("\n".join(lines) + "\n")


def recorded(folder: Path = FOLDER) -> dict[str, tuple[str, str]]:
    """Version and SHA-256 by name of method."""
    file = folder / _VERSIONS
    lines = file.read_text().splitlines() if file.exists() else []
    return {name: (version, digest) for name, version, digest in map(str.split, lines)}


def wrong(versions: dict[str, str], folder: Path = FOLDER) -> list[str]:
    """What does not fit, in words: files, what was recorded of them, and the methods' versions."""
    told, here = [], recorded(folder)
    files = {file.stem for file in folder.glob("*.txt")} - {Path(_VERSIONS).stem}
    for name in sorted(files | set(here)):
        if name not in here or name not in files:
            told.append(f"{name} has a golden file or an entry in {_VERSIONS}, and not both")
        elif _digest(read(name, folder)) != here[name][1]:
            told.append(f"{name}'s golden file moved without --update-golden")
        elif versions.get(name) != here[name][0]:
            told.append(
                f"{name}'s golden file is of version {here[name][0]}, and the method is "
                f"{versions.get(name, 'gone')}"
            )
    return told


def _digest(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()
