"""Temporary storage on disk for learning curves on their way into a table.

All curves together take gigabytes. The shards of a table all have the same columns, but a source's
training seeds are known only after all of it was read, so each shard is first written to disk and
then read back with all columns.
"""

import os
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.files.atomic import replacing

_CURVE = pa.list_(pa.float32())


class CurveShards:
    """A collector of curves, one architecture after the other; a context manager that cleans up."""

    def __init__(self, out: Path, rows: int = 500):
        """Store shards of `rows` architectures in a hidden folder beside the file `out`."""
        self._folder = out.with_name(f".{out.name}.{os.getpid()}.curves")
        self._rows = rows
        self._pending: list[Mapping[str, np.ndarray]] = []
        self._shards: list[tuple[Path, int]] = []
        self._names: set[str] = set()

    def __enter__(self) -> "CurveShards":
        return self

    def __exit__(self, *_: object) -> None:
        shutil.rmtree(self._folder, ignore_errors=True)

    def add(self, curves: Mapping[str, np.ndarray]) -> None:
        """Add the next architecture's curves, by column name.

        Raises:
            UserError: the disk is full, or the folder is not writable.
        """
        self._pending.append(curves)
        self._names.update(curves)
        if len(self._pending) == self._rows:
            self._write_shard()

    def read(self) -> Iterator[dict[str, Any]]:
        """Yield the shards in order; each maps every column to a curve or null per architecture.

        Raises:
            UserError: the disk is full, or the folder is not writable.
        """
        if self._pending:
            self._write_shard()
        for path, rows in self._shards:
            shard = pq.read_table(path)
            present = set(shard.column_names)
            yield {
                name: shard[name].combine_chunks() if name in present else pa.nulls(rows, _CURVE)
                for name in sorted(self._names)
            }

    def _write_shard(self) -> None:
        rows, self._pending = self._pending, []
        names = sorted(set().union(*rows))
        columns = {name: pa.array([row.get(name) for row in rows], type=_CURVE) for name in names}
        path = self._folder / f"{len(self._shards)}.parquet"
        with replacing(path) as partial:
            pq.write_table(pa.table(columns), partial, compression="zstd")
        self._shards.append((path, len(rows)))
