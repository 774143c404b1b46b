"""A table with the accuracy of every architecture of a space: written once, then looked up.

One Parquet file. Row i is the architecture of index i. Columns are named
`DATASET/SPLIT/EPOCHS/SEED/METRIC`, for example `cifar10-valid/x-valid/200/777/accuracy`:

- SEED is a training seed, `mean` where a source gives only the mean over seeds, or `unknown` where
  it gives one training and not its seed;
- METRIC is `accuracy` (percent), `loss`, or `seconds` (of the whole training for the split `train`,
  of one pass over the split for any other);
- a `curve` metric (`accuracy-curve`, `loss-curve`) holds a list with one value an epoch. Curves are
  read when they are asked for and never when the table is opened.

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
from benchmarks.tables.query import UNKNOWN_SEED, Query

FORMAT = 1
_METADATA_KEY = b"nas-harness-table"

_Measure = tuple[str, str, int, str]  # dataset, split, epochs, metric


@dataclass(frozen=True)
class Evaluation:
    """How a dataset's validation and test accuracy are read, each with its own key."""

    valid: Query | None
    """None where the table holds test accuracies alone, so that nothing may select on it."""
    test: Query

    @property
    def queries(self) -> tuple[Query, ...]:
        """Those that there are."""
        return (self.test,) if self.valid is None else (self.valid, self.test)


@dataclass(frozen=True)
class Card:
    """What a table is and where it comes from."""

    name: str
    """Of the ground truth: tables of different names are never pooled."""
    version: str
    description: str
    space: str
    architectures: int
    evaluations: Mapping[str, Evaluation]
    """By dataset name, in the order in which reports print them."""
    sources: Sequence[Mapping[str, str]]
    """Of each source file: `file`, `sha256`, `origin`."""
    network: Mapping[str, int] = field(default_factory=dict)
    """Width and depth of the networks, in the space's words, where not the published ones."""
    notes: Sequence[str] = ()
    """What a reader of its numbers must know; reports print them as footnotes."""
    sha256: str = ""
    """Of the values, independent of how the file happens to be compressed; set by `write`."""
    format: int = field(default=FORMAT)


class Table:
    """An open table. Architectures are given by index, one or an array of them.

    Attributes:
        card: what the table is.
        path: the file it was read from.
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
        """The queries for that dataset's validation and test accuracy.

        Raises:
            UserError: the table has no such dataset.
        """
        if dataset not in self.card.evaluations:
            raise unknown(f"dataset of {self.card.name}", dataset, self.card.evaluations)
        return self.card.evaluations[dataset]

    def accuracy(self, query: Query, index: Any = slice(None)) -> np.ndarray:
        """Accuracies in percent, shaped like `index`; NaN where that seed was not trained.

        Raises:
            UserError: the table has no such column at all.
        """
        return self._values(query, "accuracy")[index]

    def loss(self, query: Query, index: Any = slice(None)) -> np.ndarray:
        """Losses, shaped like `index`; UserError where the table holds none."""
        return self._values(query, "loss")[index]

    def seeds(self, query: Query, index: int) -> list[int]:
        """The training seeds whose accuracy the table has for one architecture.

        Empty where it has only their mean, or one whose seed is not known; `query.seed` is not
        looked at.
        """
        runs = self._runs.get((query.dataset, query.split, query.epochs, "accuracy"), {})
        return sorted(
            seed
            for seed, values in runs.items()
            if isinstance(seed, int) and not np.isnan(values[index])
        )

    def training_seconds(self, query: Query, index: Any = slice(None)) -> np.ndarray:
        """Seconds of the benchmark's own training, a mean over seeds where it has several."""
        return self._values(replace(query, split="train", seed=None), "seconds")[index]

    def evaluation_seconds(self, query: Query, index: Any = slice(None)) -> np.ndarray | None:
        """Seconds of one pass over the query's split, or None where the table does not say."""
        measure = (query.dataset, query.split, query.epochs, "seconds")
        if measure not in self._means and measure not in self._runs:
            return None
        return self._values(replace(query, seed=None), "seconds")[index]

    def optimum(self, query: Query) -> tuple[int, float]:
        """The index and the accuracy of the best architecture (lowest index among equals)."""
        best = int(np.nanargmax(_without_noise(self.accuracy(query))))
        return best, float(self.accuracy(query, best))

    def regret(self, query: Query, index: Any) -> np.ndarray:
        """Points of accuracy missing to the best architecture."""
        return self.optimum(query)[1] - self.accuracy(query, index)

    def rank(self, query: Query, index: Any) -> np.ndarray:
        """1 for the best; architectures of equal accuracy share the best rank among them."""
        _, not_above = self._below_and_not_above(query, index)
        return self.card.architectures - not_above + 1

    def percentile(self, query: Query, index: Any) -> np.ndarray:
        """Percent of the table's architectures that are worse, those that are equal by half."""
        below, not_above = self._below_and_not_above(query, index)
        return 50.0 * (below + not_above) / self.card.architectures

    def share_as_good(self, query: Query, index: Any) -> np.ndarray:
        """Percent of the table's architectures that are at least as good, itself included."""
        below, _ = self._below_and_not_above(query, index)
        return 100.0 * (self.card.architectures - below) / self.card.architectures

    def curve(self, query: Query, index: int, metric: str = "accuracy") -> np.ndarray:
        """One value an epoch of one training, read from the file; shape (epochs,).

        Raises:
            UserError: the table holds no learning curves, or none of that seed.
        """
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

    def _values(self, query: Query, metric: str) -> np.ndarray:
        measure = (query.dataset, query.split, query.epochs, metric)
        runs = self._runs.get(measure, {})
        if query.seed is None:
            if measure not in self._means and runs:
                self._means[measure] = _mean_over_seeds(list(runs.values()))
            if measure in self._means:
                return self._means[measure]
        elif query.seed in runs:
            return runs[query.seed]
        has = f" It has training seeds {', '.join(sorted(map(str, runs)))}." if runs else ""
        raise UserError(f"{self.card.name} has no {metric} for {query}.{has}")

    def _below_and_not_above(self, query: Query, index: Any) -> tuple[np.ndarray, np.ndarray]:
        """How many architectures are worse than each asked for, and how many are not better."""
        if query not in self._sorted:
            self._sorted[query] = np.sort(_without_noise(self.accuracy(query)))
        ranked, values = self._sorted[query], _without_noise(self.accuracy(query, index))
        below = np.searchsorted(ranked, values, side="left")
        return below, np.searchsorted(ranked, values, side="right")


def _without_noise(accuracy: np.ndarray) -> np.ndarray:
    # Means of equal images over other numbers of seeds differ in their last bits; one image of
    # 25,000 over three seeds is 1.3e-3 percent.
    return np.round(accuracy, 6)


def _mean_over_seeds(runs: Sequence[np.ndarray]) -> np.ndarray:
    """The mean over the seeds that each architecture has; NaN where it has none."""
    values = np.stack(runs)
    with np.errstate(invalid="ignore"):
        return np.nansum(values, axis=0) / np.sum(~np.isnan(values), axis=0)


def content_sha256(columns: Mapping[str, np.ndarray]) -> str:
    """The hash of columns of float64, by name; it does not depend on the file's compression."""
    digest = hashlib.sha256()
    for name in sorted(columns):
        digest.update(name.encode())
        values = np.ascontiguousarray(columns[name], dtype="<f8")
        # Every NaN means 'missing', whatever its bits are.
        digest.update(np.where(np.isnan(values), np.nan, values).tobytes())
    return digest.hexdigest()


def write(
    path: Path,
    card: Card,
    columns: Mapping[str, np.ndarray],
    curves: Iterable[Mapping[str, Sequence[Sequence[float] | None]]] = (),
) -> Card:
    """Write a table whole or not at all, and return its card with the hash of its values.

    Args:
        path: the file.
        card: what the table is; its `sha256` is filled in.
        columns: float64 arrays of shape (architectures,), NaN for missing.
        curves: the curve columns in consecutive shards of architectures, so that they never have
            to be in memory at once: each shard maps a column's name to one list of values (one an
            epoch) or None per architecture. Every shard has the same names.

    Raises:
        UserError: the disk is full, or the folder cannot be written.
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


def read(path: Path) -> Table:
    """Open a table and check that it is whole.

    Raises:
        UserError: the file is missing, is no table, is of another format, or its values are not
            those that were written.
    """
    remake = "Delete it and make it again with `python -m harness data fetch` or `data import`."
    try:
        file = pq.ParquetFile(path, memory_map=True)
        metadata = (file.schema_arrow.metadata or {}).get(_METADATA_KEY)
        if metadata is None:
            raise UserError(f"{path} is a Parquet file but no table of this harness. {remake}")
        content = json.loads(metadata)
        if content.get("format") != FORMAT:
            raise UserError(
                f"{path} has table format {content.get('format')} and this version reads {FORMAT}. "
                f"{remake}"
            )
        card = _card(content)
        names = [name for name in file.schema_arrow.names if not name.endswith("-curve")]
        arrow = file.read(columns=names)
    except FileNotFoundError as error:
        raise UserError(f"There is no table at {path}. {remake}") from error
    except (pa.ArrowException, OSError, json.JSONDecodeError) as error:
        raise UserError(f"{path} is cut off or no table of this harness. {remake}") from error
    if arrow.num_rows != card.architectures:
        raise UserError(
            f"{path} has {arrow.num_rows} rows and should have {card.architectures}. {remake}"
        )
    columns = {name: arrow[name].to_numpy() for name in names}
    if content_sha256(columns) != card.sha256:
        raise UserError(f"The values in {path} are not those that were written. {remake}")
    return Table(card, columns, path)


def _card(content: dict[str, Any]) -> Card:
    evaluations = {
        dataset: Evaluation(
            valid=Query(**queries["valid"]) if queries["valid"] else None,
            test=Query(**queries["test"]),
        )
        for dataset, queries in content.pop("evaluations").items()
    }
    return Card(**content, evaluations=evaluations)
