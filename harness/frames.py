"""Records as tidy data frames, whose columns are stable."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from harness.record import Record
from harness.store import Store

if TYPE_CHECKING:
    import pandas as pd

COLUMNS = {
    "method": "name of the search method",
    "space": "search space",
    "search_dataset": "dataset on which the search ran",
    "dataset": "dataset on which the found architecture is evaluated",
    "protocol": "protocol of the search",
    "overrides": "settings that the user changed, as KEY=VALUE; '' where none",
    "seed": "seed of the search",
    "state": "done, diverged, failed, oom or interrupted",
    "reason": "why the trial is not done",
    "collapsed": "whether the search collapsed; such searches stay in every mean",
    "architecture": "the found architecture in the space's own text",
    "valid_accuracy": "ground truth on validation data, percent",
    "test_accuracy": "ground truth on test data, percent",
    "valid_query": "exact key of valid_accuracy",
    "test_query": "exact key of test_accuracy",
    "optimum_test_accuracy": "best test accuracy of the space under the same query, percent",
    "regret": "optimum_test_accuracy - test_accuracy, points",
    "rank": "rank by test accuracy in the space, 1 is best",
    "percentile": "percent of the space that is worse, equal ones by half",
    "share_as_good": "percent of the space that is at least as good, itself included",
    "parameters": "trainable parameters of the found network for that dataset",
    "macs": "multiply-accumulates of the found network for one image of that dataset",
    "search_seconds": "real time of the search",
    "simulated_seconds": "time of the search on the table's clock",
    "evaluated": "architectures that the search scored",
    "truth": "name of the ground truth",
    "truth_version": "its version",
    "truth_sha256": "SHA-256 of its values",
    "method_version": "version of the method",
    "space_version": "version of the space",
    "settings_digest": "short hash of the resolved settings",
    "key": "identity of the trial, the name of its folder",
    "device": "kind of device that the search computed on; none where it only looked things up",
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
    "truth",
    "truth_version",
    "truth_sha256",
    "method_version",
    "space_version",
    "settings_digest",
]
_OF_RECORD = [
    "state",
    "reason",
    "collapsed",
    "architecture",
    "search_seconds",
    "simulated_seconds",
    "evaluated",
    "key",
]
_OF_EVALUATION = [
    "valid_accuracy",
    "valid_query",
    "test_accuracy",
    "test_query",
    "optimum_test_accuracy",
    "regret",
    "rank",
    "percentile",
    "share_as_good",
    "parameters",
    "macs",
]
_ORDER = ["space", "search_dataset", "protocol", "overrides", "method", "seed", "key"]


def results(records: Iterable[Record]) -> "pd.DataFrame":
    """One row per trial and evaluated dataset, with the columns of `COLUMNS`.

    A trial without a result has its rows too, its accuracies missing.
    """
    import pandas as pd

    rows = [row for record in records for row in _rows(record)]
    table = pd.DataFrame(rows, columns=list(COLUMNS))
    # The stable sort keeps the datasets of a trial in the order of its ground truth.
    return table.sort_values(_ORDER, kind="stable", ignore_index=True)


def history(store: Store, records: Iterable[Record]) -> "pd.DataFrame":
    """One row per trial, event and evaluated dataset: the best architecture so far.

    Columns: key, method, space, search_dataset, protocol, overrides, seed, step,
    simulated_seconds, seconds, architecture, score (validation accuracy that the search saw,
    percent), dataset, test_accuracy (ground truth, percent).
    """
    import pandas as pd

    identity = ["method", "space", "search_dataset", "protocol", "overrides", "seed"]
    rows = [
        {
            "key": record.key,
            **{name: getattr(record.trial, name) for name in identity},
            "step": step,
            "seconds": event.seconds,
            "architecture": event.architecture,
            **event.measured,
            "dataset": dataset,
            "test_accuracy": accuracy,
        }
        for record in records
        for step, event in enumerate(store.events(record.key))
        for dataset, accuracy in event.test_accuracy.items()
    ]
    columns = [
        *["key", *identity, "step", "simulated_seconds", "seconds", "architecture", "score"],
        *["dataset", "test_accuracy"],
    ]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values([*_ORDER, "step"], kind="stable", ignore_index=True)


def _rows(record: Record) -> Iterable[dict[str, Any]]:
    shared = {name: getattr(record.trial, name) for name in _OF_TRIAL}
    shared |= {name: getattr(record, name) for name in _OF_RECORD}
    shared["device"] = record.trial.arithmetic["device"]
    shared["finished_at"] = record.finished_at.isoformat(timespec="milliseconds")
    evaluations = {each.dataset: each for each in record.evaluations}
    for dataset in record.datasets:
        evaluation = evaluations.get(dataset)
        yield {
            **shared,
            "dataset": dataset,
            **({name: getattr(evaluation, name) for name in _OF_EVALUATION} if evaluation else {}),
        }
