"""Tables with a measured value of every architecture of a space, written once and then queried.

A table is one Parquet file. Row i is the architecture with index i. Columns are named
`DATASET/SPLIT/EPOCHS/SEED/METRIC`, for example `cifar10-valid/x-valid/200/777/accuracy`:

- SEED is a training seed, `mean` if the source gives only the mean over seeds, or `unknown` if it
  gives one training without its seed;
- METRIC is the name of the card's metric, such as `accuracy` (percent), or `loss`, or `seconds` (of
  the whole training for the split `train`, of one pass over the split for any other);
- a `curve` metric (`accuracy-curve`, `loss-curve`) holds a list with one value per epoch. Curves
  are read on demand, not when the table is opened.

A missing value is null. The file's metadata holds a `Card`.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.errors import UserError, unknown
from benchmarks.files.atomic import replacing
from benchmarks.metric import ACCURACY, Metric
from benchmarks.tables.query import UNKNOWN_SEED, Query

FORMAT = 1
_METADATA_KEY = b"nas-harness-table"

_Measure = tuple[str, str, int, str]  # dataset, split, epochs, metric


@dataclass(frozen=True)
class Evaluation:
    """The queries for a dataset's values on validation and on test data."""

    valid: Query | None
    """None if the table holds only values on test data, so that nothing may select on it."""
    test: Query

    @property
    def queries(self) -> tuple[Query, ...]:
        """The queries that exist, validation first."""
        return (self.test,) if self.valid is None else (self.valid, self.test)


@dataclass(frozen=True)
class Card:
    """The description of a table and its origin."""

    name: str
    """Tables of different names are never pooled."""
    version: str
    description: str
    space: str
    architectures: int
    evaluations: Mapping[str, Evaluation]
    """By dataset name, in the order of reports."""
    sources: Sequence[Mapping[str, str]]
    """`file`, `sha256` and `origin` of each source file."""
    network: Mapping[str, int] = field(default_factory=dict)
    """Width and depth of the networks, under the space's names, if not the published ones."""
    notes: Sequence[str] = ()
    """What a reader of its values must know; reports print them as footnotes."""
    metric: Metric = ACCURACY
    """What its values are measured in; tables from before it was stated hold accuracies."""
    sha256: str = ""
    """Hash of the values, independent of the file's compression; set by `write_table`."""
    format: int = field(default=FORMAT)


class Table:
    """An open table. Architectures are given by index: one, or an array.

    Attributes:
        card: description of the table.
        path: the file that it was read from.
    """

    def __init__(self, card: Card, columns: Mapping[str, np.ndarray], path: Path):
        self.card = card
        self.path = path
        self._runs: dict[_Measure, dict[int | str, np.ndarray]] = {}
        self._means: dict[_Measure, np.ndarray] = {}
        self._sorted: dict[Query, np.ndarray] = {}
        for name, values in columns.items():
            dataset, split, epochs, seed, metric = name.split("/")
            measure = (dataset, split, int(epochs), metric)
            if seed == "mean":
                self._means[measure] = values
            else:
                run = seed if seed == UNKNOWN_SEED else int(seed)
                self._runs.setdefault(measure, {})[run] = values

    def evaluation(self, dataset: str) -> Evaluation:
        """Return the queries for a dataset's values on validation and on test data.

        Raises:
            UserError: the table does not have that dataset.
        """
        if dataset not in self.card.evaluations:
            raise unknown(f"dataset of {self.card.name}", dataset, self.card.evaluations)
        return self.card.evaluations[dataset]

    def values(self, query: Query, index: Any = slice(None)) -> np.ndarray:
        """Return values of the metric, shaped like `index`; NaN where that seed was not trained.

        Raises:
            UserError: the table has no such column.
        """
        return self._column(query, self.card.metric.name)[index]

    def loss(self, query: Query, index: Any = slice(None)) -> np.ndarray:
        """Return losses, shaped like `index`; UserError if the table has none."""
        return self._column(query, "loss")[index]

    def seeds(self, query: Query, index: int) -> list[int]:
        """Return the training seeds for which the table has an architecture's value.

        Empty if it has only their mean, or a training with an unknown seed. `query.seed` is
        ignored.
        """
        measure = (query.dataset, query.split, query.epochs, self.card.metric.name)
        runs = self._runs.get(measure, {})
        return sorted(
            seed
            for seed, values in runs.items()
            if isinstance(seed, int) and not np.isnan(values[index])
        )

    def training_seconds(self, query: Query, index: Any = slice(None)) -> np.ndarray:
        """Return the seconds of the benchmark's own training, averaged over its seeds."""
        return self._column(replace(query, split="train", seed=None), "seconds")[index]

    def evaluation_seconds(self, query: Query, index: Any = slice(None)) -> np.ndarray | None:
        """Return the seconds of one pass over the query's split, or None if unknown."""
        measure = (query.dataset, query.split, query.epochs, "seconds")
        if measure not in self._means and measure not in self._runs:
            return None
        return self._column(replace(query, seed=None), "seconds")[index]

    def optimum(self, query: Query) -> tuple[int, float]:
        """Return index and value of the best architecture (the lowest index among equals)."""
        best = int(np.nanargmax(self._goodness(query)))
        return best, float(self.values(query, best))

    def regret(self, query: Query, index: Any) -> np.ndarray:
        """Return the gap to the best architecture, 0 or above."""
        return self.card.metric.sign * (self.optimum(query)[1] - self.values(query, index))

    def rank(self, query: Query, index: Any) -> np.ndarray:
        """Return the rank, 1 for the best; equal architectures share the best of their ranks."""
        _, not_above = self._below_and_not_above(query, index)
        return self.card.architectures - not_above + 1

    def percentile(self, query: Query, index: Any) -> np.ndarray:
        """Return the percentage of architectures that are worse; equal ones count half."""
        below, not_above = self._below_and_not_above(query, index)
        return 50.0 * (below + not_above) / self.card.architectures

    def share_as_good(self, query: Query, index: Any) -> np.ndarray:
        """Return the percentage of architectures that are at least as good, including itself."""
        below, _ = self._below_and_not_above(query, index)
        return 100.0 * (self.card.architectures - below) / self.card.architectures

    def curve(self, query: Query, index: int, metric: str | None = None) -> np.ndarray:
        """Read the learning curve of one training from the file; shape (epochs,).

        Args:
            query: which training.
            index: of the architecture.
            metric: `loss`, for example; by default the card's metric.

        Raises:
            UserError: the table has no learning curves, or none for that seed.
        """
        metric = metric or self.card.metric.name
        name = f"{query.dataset}/{query.split}/{query.epochs}/{query.seed}/{metric}-curve"
        file = pq.ParquetFile(self.path)
        if query.seed is None or name not in file.schema_arrow.names:
            raise UserError(
                f"{self.card.name} has no {metric} curve for {query}. "
                "Curves come with the official files: see `data import`."
            )
        start = 0
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if index < start + rows:
                values = file.read_row_group(group, columns=[name])[name][index - start].as_py()
                break
            start += rows
        else:
            raise IndexError(index)
        if values is None:
            raise UserError(f"{self.card.name} has no {metric} curve for {query}, index {index}.")
        return np.array(values)

    def _column(self, query: Query, metric: str) -> np.ndarray:
        measure = (query.dataset, query.split, query.epochs, metric)
        runs = self._runs.get(measure, {})
        if query.seed is None:
            if measure not in self._means and runs:
                self._means[measure] = _mean_over_seeds(list(runs.values()))
            if measure in self._means:
                return self._means[measure]
        elif query.seed in runs:
            return runs[query.seed]
        known = f" It has training seeds {', '.join(sorted(map(str, runs)))}." if runs else ""
        raise UserError(f"{self.card.name} has no {metric} for {query}.{known}")

    def _goodness(self, query: Query, index: Any = slice(None)) -> np.ndarray:
        """Return numbers that are higher for better architectures, and equal for equal ones."""
        # Equal means over different numbers of seeds differ in their last bits; one image of 25,000
        # over three seeds is 1.3e-3 percent.
        return np.round(self.card.metric.sign * self.values(query, index), 6)

    def _below_and_not_above(self, query: Query, index: Any) -> tuple[np.ndarray, np.ndarray]:
        """Count the architectures that are worse than each of `index`, and those not better."""
        if query not in self._sorted:
            self._sorted[query] = np.sort(self._goodness(query))
        ranked, values = self._sorted[query], self._goodness(query, index)
        below = np.searchsorted(ranked, values, side="left")
        return below, np.searchsorted(ranked, values, side="right")


def _mean_over_seeds(runs: Sequence[np.ndarray]) -> np.ndarray:
    """Return the mean over each architecture's seeds; NaN if it has none."""
    values = np.stack(runs)
    with np.errstate(invalid="ignore"):
        return np.nansum(values, axis=0) / np.sum(~np.isnan(values), axis=0)


def content_sha256(columns: Mapping[str, np.ndarray]) -> str:
    """Return the hash of named float64 columns, independent of the file's compression."""
    digest = hashlib.sha256()
    for name in sorted(columns):
        digest.update(name.encode())
        values = np.ascontiguousarray(columns[name], dtype="<f8")
        # All NaNs mean 'missing', whatever their bit patterns.
        digest.update(np.where(np.isnan(values), np.nan, values).tobytes())
    return digest.hexdigest()


def write_table(
    path: Path,
    card: Card,
    columns: Mapping[str, np.ndarray],
    curves: Iterable[Mapping[str, Sequence[Sequence[float] | None]]] = (),
) -> Card:
    """Write a table atomically and return its card with the hash of its values.

    Args:
        path: the table's file.
        card: description of the table; its `sha256` is filled in.
        columns: float64 arrays of shape (architectures,), NaN for missing.
        curves: the curve columns in consecutive shards of architectures, so that they need not be
            in memory at once: each shard maps a column's name to one list of values (one per
            epoch) or None per architecture. All shards have the same names.

    Raises:
        UserError: the disk is full, or the folder is not writable.
        ValueError: a column or the shards do not have one value per architecture.
    """
    for name, values in columns.items():
        if values.shape != (card.architectures,):
            raise ValueError(f"column {name} has shape {values.shape}, not ({card.architectures},)")
    card = replace(card, sha256=content_sha256(columns))
    metadata = {_METADATA_KEY: json.dumps(asdict(card)).encode()}
    with replacing(path) as partial:
        writer: pq.ParquetWriter | None = None
        start = 0
        try:
            for shard in curves or ({},):
                rows = len(next(iter(shard.values()))) if shard else card.architectures
                arrays = {
                    name: pa.array(values[start : start + rows], from_pandas=True)
                    for name, values in columns.items()
                }
                for name, lists in shard.items():
                    arrays[name] = pa.array(lists, type=pa.list_(pa.float32()))
                batch = pa.table(arrays).replace_schema_metadata(metadata)
                writer = writer or pq.ParquetWriter(partial, batch.schema, compression="zstd")
                writer.write_table(batch)
                start += rows
        finally:
            if writer is not None:
                writer.close()
        if start != card.architectures:
            raise ValueError(f"curves for {start} of {card.architectures} architectures")
    return card


def read_table(path: Path) -> Table:
    """Open a table and verify its values.

    Raises:
        UserError: the file is missing, not a table or of another format, or its values do not
            match their hash.
    """
    rebuild = "Delete it and rebuild it with `python -m harness data fetch` or `data import`."
    try:
        file = pq.ParquetFile(path, memory_map=True)
        metadata = (file.schema_arrow.metadata or {}).get(_METADATA_KEY)
        if metadata is None:
            raise UserError(f"{path} is a Parquet file but not a table of this harness. {rebuild}")
        content = json.loads(metadata)
        if content.get("format") != FORMAT:
            raise UserError(
                f"{path} has table format {content.get('format')}; this version reads {FORMAT}. "
                f"{rebuild}"
            )
        card = _card(content)
        names = [name for name in file.schema_arrow.names if not name.endswith("-curve")]
        arrow = file.read(columns=names)
    except FileNotFoundError as error:
        raise UserError(f"There is no table at {path}. {rebuild}") from error
    except (pa.ArrowException, OSError, json.JSONDecodeError) as error:
        raise UserError(f"{path} is truncated or not a table of this harness. {rebuild}") from error
    if arrow.num_rows != card.architectures:
        raise UserError(
            f"{path} has {arrow.num_rows} rows instead of {card.architectures}. {rebuild}"
        )
    columns = {name: arrow[name].to_numpy() for name in names}
    if content_sha256(columns) != card.sha256:
        raise UserError(f"The values in {path} do not match their SHA-256. {rebuild}")
    return Table(card, columns, path)


def _card(content: dict[str, Any]) -> Card:
    evaluations = {
        dataset: Evaluation(
            valid=Query(**queries["valid"]) if queries["valid"] else None,
            test=Query(**queries["test"]),
        )
        for dataset, queries in content.pop("evaluations").items()
    }
    metric = Metric(**content.pop("metric")) if "metric" in content else ACCURACY
    return Card(**content, evaluations=evaluations, metric=metric)
