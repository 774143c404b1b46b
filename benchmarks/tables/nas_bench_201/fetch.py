"""Download the public files of NAS-Bench-201 and build the table from them."""

from pathlib import Path

from benchmarks.datasets import nas_bench_201_splits
from benchmarks.errors import UserError
from benchmarks.files.data_folder import data_folder
from benchmarks.files.download import (
    Progress,
    copy,
    download,
    is_present,
)
from benchmarks.tables import find_table
from benchmarks.tables.nas_bench_201 import public_files

SOURCES = (*public_files.SOURCES, *nas_bench_201_splits.SOURCES)
"""The files that `data fetch nas-bench-201` obtains: three for the table, three for the splits."""


def sources_folder() -> Path:
    """Return the folder of the public files."""
    return data_folder() / "sources" / "nas-bench-201"


def fetch(origin: Path | None, progress: Progress) -> Path:
    """Obtain the missing sources, build the table and return its path.

    Args:
        origin: a local folder with the files; None to download them.
        progress: called with the progress of each download.

    Raises:
        UserError: a file cannot be obtained or is not the expected one. The table is then
            unchanged.
    """
    if origin is not None and not origin.is_dir():
        raise UserError(f"{origin} is not a folder. Give one that holds {public_files.RUNS.name}.")
    folder = sources_folder()
    for source in SOURCES:
        if is_present(source, folder):
            continue
        if origin is None:
            download(source, folder, progress)
        else:
            copy(source, origin, folder)
    for source in nas_bench_201_splits.SOURCES:
        nas_bench_201_splits.read(folder / source.name)
    table = find_table(public_files.NAME).path
    public_files.build(folder, table)
    return table
