"""Trainings on disk during tabulation: small files that exist whole or not at all.

FOLDER/lock               held by the process that tabulates
FOLDER/tabulation.json    what is tabulated; no other tabulation resumes in this folder
FOLDER/shards/00042.npz   the trainings of a few topologies
FOLDER/timings/00007.npz  what a training of each of some topologies costs alone
FOLDER/unshared/00000.npz trainings of architectures that share one, for comparison
"""

import json
import zipfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypeVar

import numpy as np
from filelock import FileLock, Timeout

from benchmarks.errors import UserError
from benchmarks.files.atomic import cannot_write, replacing, write_bytes
from benchmarks.training.protocol import TrainingProtocol

FORMAT = 1


@dataclass(frozen=True)
class Tabulation:
    """What is tabulated: everything that the numbers depend on."""

    space: str
    space_version: str
    dataset: str
    """The table's word for it."""
    dataset_sha256: str
    noise: float
    """Of the dataset's images; see `benchmarks.datasets.Dataset`."""
    protocol: TrainingProtocol
    seeds: tuple[int, ...]
    format: int = FORMAT

    def to_json(self) -> bytes:
        """As text, with sorted keys."""
        return json.dumps(asdict(self), indent=1, sort_keys=True).encode() + b"\n"


@dataclass(frozen=True)
class Trainings:
    """What was measured of some topologies, each given by its representative's index."""

    index: np.ndarray
    """Shape (n,)."""
    valid: np.ndarray
    """Images classified rightly after each epoch; shape (n, seeds, epochs)."""
    test: np.ndarray
    """Images classified rightly at the end; shape (n, seeds)."""
    seconds: np.ndarray
    """CPU seconds that one seed's share of the training took here; shape (n,)."""


@dataclass(frozen=True)
class Timings:
    """What trainings of some topologies cost on an otherwise idle processor."""

    index: np.ndarray
    """Shape (n,)."""
    epoch: np.ndarray
    """CPU seconds of training for an epoch; shape (n,)."""
    validation: np.ndarray
    """CPU seconds of one pass over the validation images; shape (n,)."""


@dataclass(frozen=True)
class Unshared(Trainings):
    """Separate trainings of architectures that share one, to measure the difference."""


Content = TypeVar("Content", Trainings, Timings, Unshared)
_FOLDER = {Trainings: "shards", Timings: "timings", Unshared: "unshared"}


class Shards:
    """The folder of a tabulation."""

    def __init__(self, folder: Path, tabulation: Tabulation):
        self.folder = folder
        self.tabulation = tabulation

    @contextmanager
    def claimed(self) -> Iterator[None]:
        """Hold the folder; the operating system releases it when the holder dies, however it dies.

        Raises:
            UserError: another process holds it, it belongs to another tabulation, or it cannot be
                written.
        """
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "lock", timeout=0)
            lock.acquire()
        except Timeout as error:
            raise UserError(
                f"Another process is filling {self.folder}; wait for it, or choose another --out."
            ) from error
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        try:
            self._check()
            yield
        finally:
            lock.release()

    def _check(self) -> None:
        marker = self.folder / "tabulation.json"
        wanted = self.tabulation.to_json()
        if not marker.exists():
            write_bytes(marker, wanted)
        elif marker.read_bytes() != wanted:
            raise UserError(
                f"{self.folder} holds trainings of another dataset, protocol or seeds; choose "
                "another --out, or delete that folder."
            )

    def path(self, number: int, kind: type = Trainings) -> Path:
        """Return the path of a shard."""
        return self.folder / _FOLDER[kind] / f"{number:05}.npz"

    def write(self, number: int, content: Trainings | Timings) -> None:
        """Write a shard whole or not at all; UserError where it cannot be written."""
        path = self.path(number, type(content))
        with replacing(path) as partial, partial.open("wb") as file:
            np.savez_compressed(file, **vars(content))

    def read(self, number: int, indices: tuple[int, ...], kind: type[Content]) -> Content | None:
        """Read a shard; None where it is missing, damaged or not of these topologies."""
        path = self.path(number, kind)
        try:
            # Opened here: NumPy leaves a damaged file open.
            with path.open("rb") as raw, np.load(raw, allow_pickle=False) as file:
                found = kind(**{name: file[name] for name in file.files})
        except (OSError, ValueError, TypeError, EOFError, zipfile.BadZipFile):
            return None
        return found if self._fits(found, indices) else None

    def _fits(self, found: Trainings | Timings, indices: tuple[int, ...]) -> bool:
        count, seeds = len(indices), len(self.tabulation.seeds)
        shapes = {
            "valid": (count, seeds, self.tabulation.protocol.epochs),
            "test": (count, seeds),
        }
        return tuple(found.index.tolist()) == indices and all(
            array.shape == shapes.get(name, (count,)) for name, array in vars(found).items()
        )


def join_shards(parts: Mapping[int, Content]) -> Content:
    """Concatenate shards in the order of their numbers."""
    shards = [parts[number] for number in sorted(parts)]
    together = {
        name: np.concatenate([getattr(each, name) for each in shards]) for name in vars(shards[0])
    }
    return type(shards[0])(**together)
