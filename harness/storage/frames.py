"""Records as tidy data frames, whose columns are stable."""

import json
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from benchmarks.metric import Metric, register_metric
from harness.storage.evaluated import EvaluatedSearch
from harness.storage.store import Store
from harness.trials.record import SearchResult

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "method": "name of the search method",
    "space": "search space",
    "search_dataset": "dataset on which the search ran",
    "dataset": "dataset on which the found architecture is evaluated",
    "protocol": "protocol of the search",
    "overrides": "settings that the user changed, as KEY=VALUE; '' if none",
    "seed": "seed of the search",
    "state": "done, diverged, failed, oom or interrupted",
    "reason": "why the trial has no result, or no ground truth",
    "collapsed": "whether the search collapsed; such searches stay in every mean",
    "architecture": "the found architecture in the space's own text",
    "metric": "what the values are measured in",
    "valid_value": "ground truth on validation data; missing where the table has none",
    "test_value": "ground truth on test data; of a trained architecture, the mean of its seeds",
    "test_training_sd": "standard deviation of test_value between training seeds, n - 1",
    "training_seeds": "seeds that the architecture was trained with; missing for a table",
    "valid_query": "exact key of valid_value",
    "test_query": "exact key of test_value",
    "optimum": "best test value of the space under the same query",
    "regret": "by how much test_value is worse than optimum",
    "rank": "rank by test value in the space, 1 is best",
    "percentile": "percent of the space that is worse on test data, ties by half",
    "share_as_good": "percent of the space that is at least as good, itself included",
    "parameters": "trainable parameters of the found network for that dataset",
    "macs": "multiply-accumulates of the found network for one image of that dataset",
    "search_seconds": "real time of the search",
    "simulated_seconds": "time of the search on the table's clock",
    "evaluated": "architectures that the search scored",
    "peak_memory_mib": "peak memory of a search that computes: a GPU's tensors, or the process",
    "table": "name of the table that gives the ground truth; '' without a ground truth",
    "table_version": "its version",
    "table_sha256": "SHA-256 of its values",
    "scored_on": "table that the method scored on, NAME@SHA-256 in short; '' if it scored on none",
    "method_version": "version of the method",
    "space_version": "version of the space",
    "settings_digest": "short hash of the resolved settings",
    "key": "identity of the trial, the name of its folder",
    "device": "kind of device that the search computed on; none for table lookups only",
    "device_name": "name of that device as the vendor gives it; '' for table lookups only",
    "finished_at": "when the trial ended, ISO 8601, UTC",
}
"""Every column of `results`: one row per trial and evaluated dataset."""

_OF_TRIAL = [
    "method",
    "space",
    "search_dataset",
    "protocol",
    "overrides",
    "seed",
    "method_version",
    "space_version",
    "settings_digest",
]
_OF_RECORD = ["state", "peak_memory_mib", "key", "device_name"]
_OF_RESULT = ["collapsed", "architecture", "simulated_seconds", "evaluated"]
_OF_EVALUATION = [
    "valid_value",
    "test_value",
    "test_training_sd",
    "training_seeds",
    "rank",
    "percentile",
    "share_as_good",
    "parameters",
    "macs",
]
_SPLITS = ("train", "valid")
_ORDER = ["space", "search_dataset", "protocol", "overrides", "method", "seed", "key"]


def results(searches: Iterable[EvaluatedSearch]) -> "pd.DataFrame":
    """One row per trial and evaluated dataset, with the columns of `COLUMNS`.

    A trial without a result has rows too, without values.
    """
    import pandas as pd

    rows = [row for search in searches for row in _rows(search)]
    numbers = ("valid_value", "test_value", "test_training_sd", "training_seeds")
    table = pd.DataFrame(rows, columns=list(COLUMNS)).astype(dict.fromkeys(numbers, "float64"))
    # The stable sort keeps the datasets of a trial in the order of its table.
    return table.sort_values(_ORDER, kind="stable", ignore_index=True)


HISTORY_COLUMNS = {
    "key": "identity of the trial",
    "method": "name of the search method",
    "space": "search space",
    "search_dataset": "dataset on which the search ran",
    "protocol": "protocol of the search",
    "overrides": "settings that the user changed",
    "seed": "seed of the search",
    "step": "number of the event within the search, from 0",
    "simulated_seconds": "time on the table's clock",
    "seconds": "real time since the search began",
    "architecture": "in which the search would have ended at that moment",
    "score": "value on validation data that the search saw",
    "epoch": "epochs done, from 1",
    "search_train_loss": "of the supernet under the mixture, on the images for the weights",
    "search_train_value": "the same in the metric",
    "search_valid_loss": "the same on the images for alpha (of darts-2nd, one step ahead)",
    "search_valid_value": "the same in the metric",
    "entropy": "of the operations' weights, nats, a mean over edges",
    "greatest_entropy": "of uniform weights, given each edge's own number of operations",
    "weight_lr": "learning rate of the weights in that epoch",
    "epoch_seconds": "real time of the epoch",
    "peak_memory_mib": "peak memory so far",
    "dataset": "dataset on which the architecture is evaluated",
    "metric": "what the values are measured in",
    "test_value": "ground truth of the architecture; never seen by the search",
}
"""Columns of `history`; followed by `count_OPERATION` and whatever else a method measured."""


def history(
    store: Store, searches: Iterable[EvaluatedSearch], *, with_arrays: bool = False
) -> "pd.DataFrame":
    """One row per trial, event of its search and evaluated dataset; see `HISTORY_COLUMNS`.

    Args:
        store: where the records lie.
        searches: of which trials.
        with_arrays: add the column `arrays`: arrays such as alpha, as JSON text.
    """
    import pandas as pd

    identity = ["method", "space", "search_dataset", "protocol", "overrides", "seed"]
    rows = []
    for search in searches:
        metric = _known_metric(search)
        renamed = {f"search_{each}_{metric.name}": f"search_{each}_value" for each in _SPLITS}
        shared = {"key": search.record.key, "metric": metric.name}
        shared |= {name: getattr(search.trial, name) for name in identity}
        for step, event in enumerate(store.events(search.record.key)):
            of_event = {
                **shared,
                "step": step,
                "seconds": event.seconds,
                "architecture": event.architecture,
                **{renamed.get(name, name): value for name, value in event.measured.items()},
                **({"arrays": json.dumps(event.arrays)} if with_arrays else {}),
            }
            evaluations = search.evaluations_along(event.architecture)
            values = {each.dataset: each.test_value for each in evaluations}
            rows += [
                {**of_event, "dataset": dataset, "test_value": values.get(dataset)}
                for dataset in search.datasets
            ]
    measured = dict.fromkeys(name for row in rows for name in row if name not in HISTORY_COLUMNS)
    table = pd.DataFrame(rows, columns=[*HISTORY_COLUMNS, *measured])
    table = table.astype({"test_value": "float64"})
    return table.sort_values([*_ORDER, "step"], kind="stable", ignore_index=True)


def _known_metric(search: EvaluatedSearch) -> Metric:
    """Return the metric of a search, and make it known by the name that frames carry.

    Its plug-in need not be loaded where results are read.
    """
    register_metric(search.metric)
    return search.metric


def _rows(search: EvaluatedSearch) -> Iterator[dict[str, Any]]:
    record = search.record
    result = record.result or SearchResult("")
    shared = {name: getattr(record.trial, name) for name in _OF_TRIAL}
    shared |= {name: getattr(record, name) for name in _OF_RECORD}
    shared |= {name: getattr(result, name) for name in _OF_RESULT}
    shared["architecture"] = result.architecture or None
    shared["reason"] = search.reason
    shared["metric"] = _known_metric(search).name
    shared["scored_on"] = record.trial.table.short if record.trial.table else ""
    shared["search_seconds"] = record.seconds
    shared["device"] = record.trial.arithmetic["device"]
    shared["finished_at"] = record.finished_at.isoformat(timespec="milliseconds")
    if search.ground_truth is None:
        no_table = {"table": "", "table_version": "", "table_sha256": ""}
        yield {**shared, **no_table, "dataset": record.trial.search_dataset}
        return
    identity = search.ground_truth.identity
    shared |= {
        "table": identity.name,
        "table_version": identity.version,
        "table_sha256": identity.sha256,
    }
    evaluations = {each.dataset: each for each in search.evaluations}
    for dataset in search.ground_truth.datasets:
        row = {
            **shared,
            "dataset": dataset.name,
            "valid_query": dataset.valid_query,
            "test_query": dataset.test_query,
            "optimum": dataset.optimum,
        }
        if dataset.name in evaluations:
            evaluation = evaluations[dataset.name]
            row |= {name: getattr(evaluation, name) for name in _OF_EVALUATION}
            if dataset.optimum is not None:
                row["regret"] = search.metric.gain(dataset.optimum, evaluation.test_value)
        yield row
