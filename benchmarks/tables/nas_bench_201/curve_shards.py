"""Learning curves on their way into a table: on disk, since all together they fill gigabytes.

A table's shards all have the same columns, but which training seeds a source has is known only
when all of it was read. So each shard is put aside first, and given back with every column.
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
    """Collects the curves of one architecture after the other; a context that cleans up."""

    def __init__(self, out: Path, rows: int = 500):
        """Put shards of `rows` architectures aside in a hidden folder beside the file `out`."""
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
        """Take the next architecture's curves, by column name.

        Raises:
            UserError: the disk is full, or the folder cannot be written.
        """
        self._pending.append(curves)
        self._names.update(curves)
        if len(self._pending) == self._rows:
            self._put_aside()

    def read(self) -> Iterator[dict[str, Any]]:
        """The shards in order: each maps every column's name to one curve or null an architecture.

        Raises:
            UserError: the disk is full, or the folder cannot be written.
        """
        if self._pending:
            self._put_aside()
        for path, rows in self._shards:
            shard = pq.read_table(path)
            there = set(shard.column_names)
            yield {
                name: shard[name].combine_chunks() if name in there else pa.nulls(rows, _CURVE)
                for name in sorted(self._names)
            }

    def _put_aside(self) -> None:
        rows, self._pending = self._pending, []
        names = sorted(set().union(*rows))
        columns = {name: pa.array([row.get(name) for row in rows], type=_CURVE) for name in names}
        path = self._folder / f"{len(self._shards)}.parquet"
        with replacing(path) as partial:
            pq.write_table(pa.table(columns), partial, compression="zstd")
        self._shards.append((path, len(rows)))
