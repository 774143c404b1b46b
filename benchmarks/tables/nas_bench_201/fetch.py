"""Obtain the public files of NAS-Bench-201 and make the table from them."""

from pathlib import Path

from benchmarks.datasets import nas_bench_201_splits
from benchmarks.errors import UserError
from benchmarks.files.data_folder import data_folder
from benchmarks.files.download import (
    Progress,
    copy,
    download,
    is_here,
)
from benchmarks.tables import truth
from benchmarks.tables.nas_bench_201 import public_files

SOURCES = (*public_files.SOURCES, *nas_bench_201_splits.SOURCES)
"""What `data fetch nas-bench-201` obtains: three files of the table, three of the splits."""


def sources_folder() -> Path:
    """Where the public files lie on this computer."""
    return data_folder() / "sources" / "nas-bench-201"


def fetch(origin: Path | None, progress: Progress) -> Path:
    """Obtain whatever source is missing, then make the table; return its path.

    Args:
        origin: a local folder with the files; without it they are downloaded.
        progress: told how far each download is.

    Raises:
        UserError: a file cannot be had, or is not what it should be. Nothing half-made is left.
    """
    if origin is not None and not origin.is_dir():
        raise UserError(f"{origin} is no folder. Give one that holds {public_files.RUNS.name}.")
    folder = sources_folder()
    for source in SOURCES:
        if is_here(source, folder):
            continue
        if origin is None:
            download(source, folder, progress)
        else:
            copy(source, origin, folder)
    for source in nas_bench_201_splits.SOURCES:
        nas_bench_201_splits.read(folder / source.name)
    table = truth(public_files.NAME).path
    public_files.build(folder, table)
    return table
