"""Importers of the official files: NAS-Bench-201 v1.1 (one file), NATS-Bench v1.0 (a folder).

Dong and Yang, "NAS-Bench-201", ICLR 2020; Dong et al., "NATS-Bench", TPAMI 2021. The two hold
different trainings of the same architectures, so their tables have different names and are never
pooled. The file is read through the package `nas-bench-201`, one architecture at a time; the folder
needs no package. Both are pickles, and nothing that they name is run.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201.architecture import SIZE, Architecture
from benchmarks.tables.nas_bench_201.available_memory import available_bytes
from benchmarks.tables.nas_bench_201.official_pickles import read_bz2, read_torch_file
from benchmarks.tables.nas_bench_201.official_table import Progress, RunSet, write_official_table
from benchmarks.tables.nas_bench_201.trainings import Converted, convert
from benchmarks.tables.table import Card

FILE_NAME = "nas-bench-201-v1.1"
"""Name of the table that `import_file` writes."""

FOLDER_NAME = "nats-tss-v1.0"
"""Name of the table that `import_folder` writes."""

_META = "meta.pickle.pbz2"

# A synthetic file of the official layout took 5.0 bytes of memory per byte of the file; users
# report 28 GB for the 4.7 GB of the real one (D-X-Y/AutoDL-Projects#78).
_MEMORY_BYTES_PER_FILE_BYTE = 6

_NAS_BENCH_201 = RunSet(
    name=FILE_NAME,
    description="NAS-Bench-201's own run set, version 1.1, from the benchmark's official file",
    origin="NAS-Bench-201-v1_1-096897.pth, https://github.com/D-X-Y/NAS-Bench-201",
)
_NATS_BENCH = RunSet(
    name=FOLDER_NAME,
    description="NATS-Bench's run set of the topology space, version 1.0, from its official folder",
    origin="NATS-tss-v1_0-3ffb9-simple, https://github.com/D-X-Y/NATS-Bench",
)


def import_file(source: Path, out: Path, progress: Progress, *, architectures: int = SIZE) -> Card:
    """Convert `NAS-Bench-201-v1_1-096897.pth` into the table `out`.

    The whole file is loaded into memory: call `memory_warning` first.

    Args:
        source: the official file, which holds no weights.
        out: the table's file, written atomically.
        progress: called before the first and after each architecture.
        architectures: expected number of architectures; fewer than all in tests.

    Returns:
        The card of the table.

    Raises:
        UserError: the file is missing or truncated, holds anything but data, or is another version
            or incomplete; or the disk is full.
    """
    if not source.is_file():
        raise UserError(
            f"There is no file {source}. Give the path of NAS-Bench-201-v1_1-096897.pth."
        )
    progress(0, architectures)
    with _official_layout(source):
        contents = read_torch_file(source)
        infos = contents["arch2infos"]
        if len(infos) != architectures:
            raise _wrong_count(source, f"{len(infos):,} architectures", architectures)
        _check_order(source, contents["meta_archs"], architectures)
    with source.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    converted = _architectures_of_file(source, infos)
    return write_official_table(
        _NAS_BENCH_201, source, [sha256], converted, architectures, out, progress
    )


def import_folder(
    source: Path, out: Path, progress: Progress, *, architectures: int = SIZE
) -> Card:
    """Convert the unpacked folder `NATS-tss-v1_0-3ffb9-simple` into the table `out`.

    One architecture is in memory at a time. The source's SHA-256 on the card is the hash of the
    files' SHA-256 (hexadecimal, sorted, joined by line breaks).

    Args:
        source: the folder; the one whose name ends in `-full` holds weights and is rejected.
        out: the table's file, written atomically.
        progress: called before the first and after each architecture.
        architectures: expected number of architectures; fewer than all in tests.

    Returns:
        The card of the table.

    Raises:
        UserError: a file is missing or truncated, or holds anything but data; the folder is
            incomplete; or the disk is full.
    """
    if not (source / _META).is_file():
        raise UserError(
            f"There is no {_META} in {source}. "
            "Give the path of the unpacked folder NATS-tss-v1_0-3ffb9-simple."
        )
    progress(0, architectures)
    with _official_layout(source / _META):
        meta, sha256 = read_bz2(source / _META)
        _check_order(source, meta["meta_archs"], architectures)
    files = [source / f"{index:06d}.pickle.pbz2" for index in range(architectures)]
    missing = [file.name for file in files if not file.is_file()]
    if missing:
        raise UserError(
            f"{source} lacks {len(missing):,} of its {architectures:,} architecture files, "
            f"starting with {missing[0]}. Unpack it again."
        )
    hashes = [sha256]
    converted = _architectures_of_folder(files, hashes)
    return write_official_table(
        _NATS_BENCH, source, hashes, converted, architectures, out, progress
    )


def memory_warning(source: Path) -> str | None:
    """Return a warning if `import_file` may need more memory than is available, else None.

    None as well if the available memory is unknown or the file does not exist.
    """
    available = available_bytes()
    if available is None or not source.is_file():
        return None
    needed = source.stat().st_size * _MEMORY_BYTES_PER_FILE_BYTE
    if needed <= available:
        return None
    return (
        f"Reading {source} takes about {needed / 2**30:.3g} GiB of memory, but only "
        f"{available / 2**30:.3g} GiB are available, so the system may kill the import."
    )


def _architectures_of_file(source: Path, infos: dict[int, Any]) -> Iterator[Converted]:
    from nas_201_api import ArchResults  # imported here because it imports torch

    for index in range(len(infos)):
        with _official_layout(source):
            info = infos.pop(index)  # frees the memory of what is converted
            states = {
                epochs: ArchResults.create_from_state_dict(info[key]).state_dict()
                for epochs, key in ((12, "less"), (200, "full"))
            }
            converted = convert(index, states)
        if not any(name.startswith("cifar10/ori-test/12/") for name in converted.values):
            raise UserError(
                f"{source} has no 12-epoch trainings on all of CIFAR-10, so it is version 1.0 of "
                "the benchmark. Download version 1.1, NAS-Bench-201-v1_1-096897.pth."
            )
        yield converted


def _architectures_of_folder(files: Sequence[Path], hashes: list[str]) -> Iterator[Converted]:
    for index, file in enumerate(files):
        with _official_layout(file):
            info, sha256 = read_bz2(file)
            converted = convert(index, {epochs: info[str(epochs)] for epochs in (12, 200)})
        hashes.append(sha256)
        yield converted


def _check_order(source: Path, strings: Sequence[str], architectures: int) -> None:
    if len(strings) != architectures:
        raise _wrong_count(source, f"a list of {len(strings):,} architectures", architectures)
    if list(strings) != [str(Architecture.from_index(index)) for index in range(architectures)]:
        raise UserError(
            f"{source} does not list its architectures in the benchmark's order, so it is not the "
            "expected table. Download it again from its publisher."
        )


def _wrong_count(source: Path, found: str, architectures: int) -> UserError:
    return UserError(
        f"{source} holds {found} instead of {architectures:,}, so it is not the expected table. "
        "Download it again from its publisher."
    )


@contextmanager
def _official_layout(source: Path) -> Iterator[None]:
    """Raise `UserError` if the data does not have the layout of the official files."""
    try:
        yield
    except MemoryError as error:
        raise UserError(
            f"There is not enough memory to read {source}. Use a computer with more memory, "
            "or import the NATS-Bench folder, which needs little."
        ) from error
    # The package checks its input with `assert` and ValueError; the others result from a damaged
    # pickle, a value of another type or a missing key.
    except (AssertionError, AttributeError, KeyError, TypeError, ValueError) as error:
        raise UserError(
            f"{source} does not have the layout of the official file "
            f"({type(error).__name__}: {error}). Download it again from its publisher."
        ) from error
