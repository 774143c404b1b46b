"""The task that a trial offers to its search method."""

import math
import time
from collections.abc import Mapping
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from benchmarks import tables
from benchmarks.datasets import dataset
from benchmarks.datasets.splits import DataSplit
from benchmarks.errors import UserError
from benchmarks.metric import Metric
from benchmarks.spaces import tabulated_space
from benchmarks.spaces.space import SearchSpace
from benchmarks.tables.query import Query
from benchmarks.tables.table import Table
from harness.trials import device as devices
from harness.trials import seeds
from harness.trials.notebook import Checkpoint, Notebook
from harness.trials.record import Event
from harness.trials.seeds import Streams
from harness.trials.trial import SearchTrial
from methods import METHODS
from methods.method import SEARCH_SPLITS, Score, settings_class

if TYPE_CHECKING:
    import torch

    from benchmarks.datasets.batches import BatchStream

PAIRED_STREAMS = tuple(
    f"{split} {what}" for split in SEARCH_SPLITS for what in ("order", "choices")
)
"""Random streams shared by all methods of a seed, so that methods are paired by seed."""

_SAVE_EVERY_SECONDS = 120  # a kill may cost three minutes, a step included


class SearchTask:
    """Implements `methods.method.Task` for a trial."""

    def __init__(self, trial: SearchTrial, space: SearchSpace, notebook: Notebook, device: str):
        self.trial = trial
        self.space = space
        self.dataset = dataset(trial.search_dataset)
        self.settings = settings_class(METHODS[trial.method], space)(**trial.settings)
        self._table = table_of(trial) if trial.table else None
        self._notebook = notebook
        self._device_name = device
        self._device: torch.device | None = None  # once it is set up
        saved = notebook.begin()
        self._saved = saved
        self._streams = Streams(self._seeded_by)
        self._events = saved.events if saved else 0
        self._started = time.perf_counter() - (saved.seconds if saved else 0.0)
        self._saved_at = time.perf_counter()

    @property
    def metric(self) -> Metric:
        return self._table.card.metric if self._table else self.space.objective.metric

    @property
    def device(self) -> "torch.device":
        if self._device is None:
            threads = self.trial.arithmetic.get("threads", 1)
            self._device = devices.prepare(self._device_name, threads)
        return self._device

    @property
    def dtype(self) -> "torch.dtype":
        import torch

        return getattr(torch, self.trial.arithmetic["precision"])

    def seconds(self) -> float:
        """Return the real time of the search, including that of earlier processes."""
        return time.perf_counter() - self._started

    def consumed(self) -> dict[str, Any]:
        """Return fields of the record: metric, and memory and device of a search that computed."""
        metric = {"metric": self.space.objective.metric}
        if self._device is None:
            return metric
        return metric | {
            "peak_memory_mib": devices.peak_memory_mib(self._device),
            "device_name": devices.description(self._device),
        }

    def text_of(self, architecture: Any) -> str:
        """Return an architecture's text; UserError if it is not in the space."""
        text = str(architecture)
        self.space.parse(text)
        return text

    def rng(self, stream: str) -> np.random.Generator:
        return self._streams.numpy(stream)

    def generator(self, stream: str) -> "torch.Generator":
        return self._streams.torch(stream)

    def _seeded_by(self, stream: str) -> tuple[object, ...]:
        trial = self.trial
        of_method = () if stream in PAIRED_STREAMS else (trial.method,)
        return (trial.seed, trial.space, trial.search_dataset, *of_method, stream)

    def batches(
        self,
        split: str,
        *,
        data_split: DataSplit,
        batch_size: int,
        with_replacement: bool = False,
        augmented: bool = True,
    ) -> "BatchStream":
        from benchmarks.datasets.batches import BatchStream
        from harness.trials.search_data import images_of_split

        images, indices, augmentation = images_of_split(
            self.dataset.name, data_split, split, self._device_name
        )
        if not augmented:
            augmentation = replace(augmentation, padding=0, flip_share=0.0)
        return BatchStream(
            images,
            indices,
            batch_size,
            augmentation,
            order=seeds.torch_generator(*self._seeded_by(f"{split} order")),
            choices=seeds.torch_generator(*self._seeded_by(f"{split} choices")),
            with_replacement=with_replacement,
        )

    def load(self) -> Any:
        saved, self._saved = self._saved, None  # it is as large as the search itself
        if saved is None:
            return None
        self._streams.restore(saved.streams)
        return saved.state

    def save(self, state: Any) -> None:
        streams = self._streams.state()
        self._notebook.save(Checkpoint(state, self._events, self.seconds(), streams))
        self._saved_at = time.perf_counter()

    @property
    def is_save_due(self) -> bool:
        return time.perf_counter() - self._saved_at >= _SAVE_EVERY_SECONDS

    @property
    def _scored_on(self) -> Table:
        """The table that the trial names; UserError where its method does not score on one."""
        if self._table is None:
            raise UserError(
                f"{self.trial.method} scores architectures on a table without stating it: set "
                "scores_on_table = True in its class, so that the table is part of its trials."
            )
        return self._table

    def validation(self, epochs: int) -> Query:
        return replace(self._selection(), epochs=epochs)

    def _selection(self) -> Query:
        """Return the query to select on; UserError where the table holds test data alone."""
        valid = self._scored_on.evaluation(self.trial.search_dataset).valid
        if valid is None:
            name, values = self._scored_on.card.name, self.metric.plural
            raise UserError(
                f"{self.trial.method} selects on validation {values}, and {name} holds test "
                f"{values} alone: leave {self.trial.method} out, or name another --table."
            )
        return valid

    def training_seeds(self, architecture: Any, query: Query) -> list[int]:
        return self._scored_on.seeds(query, self._index(architecture))

    def _index(self, architecture: Any) -> int:
        return tabulated_space(self.trial.space).index(architecture)

    def score(self, architecture: Any, query: Query) -> Score:
        self._selection()  # whatever the query asks for, test data alone must not answer it
        index = self._index(architecture)
        value = float(self._scored_on.values(query, index))
        seconds = float(self._seconds(query, index))
        if not (math.isfinite(value) and math.isfinite(seconds)):
            raise UserError(
                f"{self._scored_on.card.name} lacks the {self.metric.name} or the seconds of "
                f"{query} for architecture {index}; use another --table."
            )
        return Score(value, seconds)

    def mean_seconds(self, query: Query) -> float:
        return float(np.nanmean(self._seconds(query)))

    def _seconds(self, query: Query, index: Any = slice(None)) -> np.ndarray:
        seconds = self._scored_on.training_seconds(query, index)
        validating = self._scored_on.evaluation_seconds(query, index)
        return seconds if validating is None else seconds + validating

    def log(
        self,
        architecture: Any,
        *,
        arrays: Mapping[str, np.ndarray] | None = None,
        **measured: float,
    ) -> None:
        text = self.text_of(architecture)
        if self._device is not None:
            measured["peak_memory_mib"] = devices.peak_memory_mib(self._device)
        self._notebook.note(
            Event(
                text,
                self.seconds(),
                {name: value for name, value in measured.items() if not math.isnan(value)},
                {name: array.tolist() for name, array in (arrays or {}).items()},
            )
        )
        self._events += 1


def table_of(trial: SearchTrial) -> Table:
    """Open the table that a trial's method scores on.

    Raises:
        UserError: it is not here, or it has changed since the trial was planned.
    """
    assert trial.table is not None
    table = tables.open_table(trial.table.name, tables.find_table(trial.table.name).path)
    if table.card.sha256 != trial.table.sha256:
        raise UserError(f"The table {trial.table.name} changed during the run; start it again.")
    return table
