"""The columns of the two data frames that a report is made from: `results` and `history`."""

from __future__ import annotations

from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.metric import ACCURACY

RESULT_COLUMNS = (
    "method", "space", "search_dataset", "dataset", "protocol", "overrides", "seed", "state",
    "reason", "collapsed", "architecture", "metric", "valid_value", "test_value",
    "test_training_sd", "training_seeds", "valid_query", "test_query", "optimum", "regret", "rank",
    "percentile", "share_as_good", "parameters", "macs", "search_seconds", "simulated_seconds",
    "evaluated", "peak_memory_mib", "table", "table_version", "table_sha256", "scored_on",
    "method_version", "space_version", "settings_digest", "key", "device", "finished_at",
)  # fmt: skip
"""Columns of `results`: one row per trial and evaluated dataset."""

HISTORY_COLUMNS = (
    "key", "method", "space", "search_dataset", "protocol", "overrides", "seed", "step",
    "simulated_seconds", "seconds", "architecture", "score", "dataset", "test_value",
)  # fmt: skip
"""Columns of `history`: one row per trial, event and evaluated dataset."""

EPOCH_COLUMNS = (
    "epoch", "search_train_loss", "search_valid_loss", "search_train_value",
    "search_valid_value", "entropy", "greatest_entropy", "epoch_seconds", "peak_memory_mib",
    "weight_lr",
)  # fmt: skip
"""Optional columns of `history` for searches that run in epochs.

`epoch` counts finished epochs. Losses and values (of the metric) are the supernet's under the
mixture, on the batches for the weights (train) and for alpha (valid). `entropy` (nats) is that of
the mixture's weights, a mean over edges; `greatest_entropy` is its maximum, the mean over the same
edges of ln(number of operations on the edge). In addition, `count_OPERATION` is the number of edges
of the derived architecture that have the operation.
"""

MEASURED_COLUMNS = ("survivors", "hessian_eigenvalue")
"""Optional columns of `history` that only some methods or settings fill.

`survivors` is the number of operations left on all edges, `hessian_eigenvalue` the dominant
eigenvalue of the Hessian of the validation loss with respect to alpha.
"""

COUNT = "count_"
"""Prefix of the columns that count the edges of an operation."""

NOT_EVALUATED = "done without "
"""State, in reports, of a trial that is done and whose architecture has no ground truth.

It is followed by the name of the metric.
"""

REFERENCE = "reference"
"""Additional column of `results`: the mark of the reference results, '' for a fresh trial."""

IDENTITY = (
    "space", "search_dataset", "protocol", "overrides", "table", "table_version", "table_sha256",
    "space_version",
)  # fmt: skip
"""The columns that trials must share to be compared."""

RESULT_NUMBERS = (
    "valid_value", "test_value", "test_training_sd", "training_seeds", "optimum", "regret", "rank",
    "percentile", "share_as_good", "parameters", "macs", "search_seconds", "simulated_seconds",
    "evaluated", "peak_memory_mib",
)  # fmt: skip
"""Columns of `results` that hold measurements."""

HISTORY_NUMBERS = (
    "seed", "step", "simulated_seconds", "seconds", "score", "test_value",
)  # fmt: skip
"""Columns of `history` that hold numbers, besides all of `EPOCH_COLUMNS`."""

# Results that were kept before a column existed can still be read.
_LATER_COLUMNS = (
    "peak_memory_mib", "scored_on", "metric", "test_training_sd", "training_seeds",
)  # fmt: skip
_WORDS = (
    "state", "test_query", "device", "method_version", "settings_digest", "scored_on", "metric",
    REFERENCE, *IDENTITY,
)  # fmt: skip


def needed_results() -> tuple[str, ...]:
    """Return the required columns of `results`."""
    return tuple(name for name in RESULT_COLUMNS if name not in _LATER_COLUMNS)


def tidy_results(results: pd.DataFrame) -> pd.DataFrame:
    """Return `results` with all columns, their types, and rows in a fixed order.

    Raises:
        ValueError: a required column is missing.
    """
    if results.empty:
        return pd.DataFrame(columns=[*RESULT_COLUMNS, REFERENCE])
    optional = (*_LATER_COLUMNS, REFERENCE)
    tidy = _with_columns(results, needed_results(), "results", optional)
    words, numbers = list(_WORDS), list(RESULT_NUMBERS)
    tidy[words] = tidy[words].astype(object).where(tidy[words].notna(), "").astype(str)
    tidy[numbers] = tidy[numbers].astype("float64")
    # The ground truth of an architecture may be missing, as where its training failed.
    is_unknown = tidy["test_value"].isna() & tidy["state"].eq("done")
    tidy["metric"] = tidy["metric"].mask(tidy["metric"].eq(""), ACCURACY.name)
    tidy["state"] = tidy["state"].mask(is_unknown, NOT_EVALUATED + tidy["metric"])
    tidy["collapsed"] = tidy["collapsed"].astype(object).where(tidy["collapsed"].notna(), False)
    tidy["collapsed"] = tidy["collapsed"].astype(bool)
    return tidy.sort_values(["method", "method_version", "seed", "key", "dataset"])


def tidy_history(history: pd.DataFrame) -> pd.DataFrame:
    """Return `history` with all columns, their types, and rows in a fixed order.

    Raises:
        ValueError: a required column is missing.
    """
    if history.empty:
        names = (*HISTORY_COLUMNS, *EPOCH_COLUMNS, *MEASURED_COLUMNS)
        return pd.DataFrame({name: pd.Series(dtype="float64") for name in names}).astype(
            {"key": "str", "dataset": "str"}
        )
    counts = sorted(name for name in history if str(name).startswith(COUNT))
    optional = (*EPOCH_COLUMNS, *MEASURED_COLUMNS, *counts)
    tidy = _with_columns(history, HISTORY_COLUMNS, "history", optional)
    tidy[list(optional)] = tidy[list(optional)].astype("float64")
    return tidy.sort_values(["key", "dataset", "step"])


def _with_columns(
    frame: pd.DataFrame, needed: tuple[str, ...], what: str, optional: tuple[str, ...]
) -> pd.DataFrame:
    missing = [name for name in needed if name not in frame]
    if missing:
        raise ValueError(f"The frame of {what} lacks {', '.join(missing)}.")
    return frame.reindex(columns=[*needed, *optional])


def done(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the finished trials, collapsed ones included."""
    return select(rows, rows["state"].eq("done") & rows["test_value"].notna())


def select(frame: pd.DataFrame, mask: Any) -> pd.DataFrame:
    """Return the rows where a mask is true, typed as a frame."""
    return cast(pd.DataFrame, frame[mask])


def values_of(frame: pd.DataFrame, column: str) -> NDArray[np.float64]:
    """Return the values of a column without NaN, in ascending order; shape (n,)."""
    values = frame[column].to_numpy(dtype=np.float64)
    return np.sort(values[~np.isnan(values)])
