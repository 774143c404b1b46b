"""Made-up trials in the shape that the harness hands over: no numbers of any real search."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.spaces import SPACES
from reports.frames import EPOCH_COLUMNS, HISTORY_COLUMNS, RESULT_COLUMNS
from reports.groups import Group, group_trials
from reports.manifest import GroundTruthTable, Manifest, ProtocolSettings

OPTIMA = {"cifar10": 94.37, "cifar100": 73.51, "imagenet16-120": 47.31}
QUERIES = {
    "cifar10": "cifar10/ori-test, 200 epochs, mean of training seeds",
    "cifar100": "cifar100/x-test, 200 epochs, mean of training seeds",
    "imagenet16-120": "ImageNet16-120/x-test, 200 epochs, mean of training seeds",
}
GOOD = {"cifar10": (93.7, 0.36), "cifar100": (71.0, 1.07), "imagenet16-120": (44.6, 1.25)}
DRAWN = {"cifar10": (87.0, 8.0), "cifar100": (61.0, 9.0), "imagenet16-120": (33.0, 8.0)}
COLLAPSED = {"cifar10": (54.30, 0.0), "cifar100": (15.61, 0.0), "imagenet16-120": (16.32, 0.0)}
OPERATIONS = SPACES["nas-bench-201"].cell_types["cell"].edges[0].operations
CONVOLUTIONS = (
    "|nor_conv_3x3~0|+|nor_conv_3x3~0|nor_conv_3x3~1|+|"
    + "|".join(f"nor_conv_3x3~{source}" for source in range(3))
    + "|"
)
SKIPS = CONVOLUTIONS.replace("nor_conv_3x3", "skip_connect")
SHA256 = "0123456789abcdef" * 4


NO_HISTORY = pd.DataFrame()


def together(*frames: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True)


def group_of(*results: pd.DataFrame, history: pd.DataFrame = NO_HISTORY) -> Group:
    (group,) = group_trials(together(*results), history)
    return group


def results_of(
    method: str,
    seeds: int,
    accuracy: dict[str, tuple[float, float]] | None = None,
    **changes: object,
) -> pd.DataFrame:
    """Finished trials with normal test accuracies (mean, sd) per dataset, cut at the optimum."""
    rng = np.random.default_rng(len(method))
    rows = []
    for seed in range(seeds):
        seconds = 11_900 + rng.uniform(-200, 100)
        for dataset, (mean, sd) in (accuracy or GOOD).items():
            test = min(OPTIMA[dataset], mean + sd * rng.standard_normal())
            row = dict.fromkeys(RESULT_COLUMNS)
            row |= {
                "method": method, "space": "nas-bench-201", "search_dataset": "cifar10",
                "dataset": dataset, "protocol": "paper", "overrides": "", "seed": seed,
                "state": "done", "collapsed": False, "architecture": "|nor_conv_3x3~0|+|...|",
                "valid_value": test - 2, "test_value": test, "valid_query": "x-valid",
                "test_query": QUERIES[dataset], "optimum": OPTIMA[dataset],
                "regret": OPTIMA[dataset] - test, "rank": 100,
                "percentile": 100 * float(np.clip((test - 10) / (OPTIMA[dataset] - 9.9), 0, 1)),
                "share_as_good": 5.0,
                "parameters": 1e6, "macs": 1e8, "search_seconds": 0.05 + 0.01 * rng.random(),
                "simulated_seconds": seconds, "evaluated": 100 + seed % 20,
                "table": "nats-bench-public", "table_version": "1.0", "table_sha256": SHA256,
                "method_version": "1", "space_version": "1", "settings_digest": "0a1b2c3d",
                "key": f"{method}-{seed}", "device": "cpu",
                "finished_at": "2026-01-02T03:04:05Z",
            }  # fmt: skip
            rows.append(row | changes)
    return pd.DataFrame(rows, columns=list(RESULT_COLUMNS))


def in_perplexity(frame: pd.DataFrame, least: float = 150.0) -> pd.DataFrame:
    """The same trials, measured in a quantity of which lower values are better: mirrored."""
    names = ("valid_value", "test_value", "optimum", "search_train_value", "search_valid_value")
    mirrored = {name: least - frame[name].astype("float64") for name in names if name in frame}
    mirrored["test_query"] = mirrored["valid_query"] = "words/test, 200 epochs"
    mirrored = {name: values for name, values in mirrored.items() if name in frame}
    return frame.assign(**mirrored, **({"metric": "perplexity"} if "metric" in frame else {}))


def trained_results(
    method: str, seeds: int, sds: Sequence[float | None], **changes: Any
) -> pd.DataFrame:
    """Finished trials whose architectures were trained with three seeds each, of these spreads."""
    found = results_of(method, seeds, {"cifar10": GOOD["cifar10"]}, **changes)
    table = {"table": "trained by tiny", "table_version": "seeds 0,1,2"}
    unknown = dict.fromkeys(("optimum", "regret", "rank", "percentile", "share_as_good"), np.nan)
    return found.assign(test_training_sd=sds, training_seeds=3, **table, **unknown)


def history_of(results: pd.DataFrame, events: int = 8) -> pd.DataFrame:
    """A search that gets better in steps until it ends at the trial's result."""
    rows = []
    for trial in results.to_dict("records"):
        rng = np.random.default_rng(int(trial["seed"]))
        times = np.sort(rng.uniform(100, trial["simulated_seconds"], events))
        losses = 6.0 * np.arange(events)[::-1] / events * rng.random()
        for step, (time, loss) in enumerate(zip(times, losses, strict=True)):
            row = {name: trial.get(name) for name in HISTORY_COLUMNS}
            row |= {
                "step": step, "simulated_seconds": time, "seconds": 1e-3 * step, "score": 80.0,
                "test_value": trial["test_value"] - loss,
            }  # fmt: skip
            rows.append(row)
    return pd.DataFrame(rows, columns=list(HISTORY_COLUMNS))


def gradient_results(
    method: str = "darts-1st", seeds: int = 4, collapsing: tuple[int, ...] = (), **changes: Any
) -> pd.DataFrame:
    """Finished gradient searches, of which some collapsed to the cell of skip connections."""
    good = results_of(method, seeds, architecture=CONVOLUTIONS, peak_memory_mib=2000.0, **changes)
    bad = results_of(method, seeds, COLLAPSED, architecture=SKIPS, collapsed=True,
                     peak_memory_mib=2100.0, **changes)  # fmt: skip
    is_bad = good["seed"].isin(collapsing)
    found = pd.concat([good[~is_bad], bad[is_bad]], ignore_index=True)
    return found.assign(simulated_seconds=np.nan, evaluated=0)


def epochs_of(results: pd.DataFrame, epochs: int = 6) -> pd.DataFrame:
    """A search that loses a point an epoch until it ends at the trial's result.

    Its cell consists of convolutions until the last epoch.
    """
    rows = []
    for trial in results.to_dict("records"):
        seed = int(trial["seed"])
        for epoch in range(1, epochs + 1):
            text = str(trial["architecture"]) if epoch == epochs else CONVOLUTIONS
            row = {name: trial.get(name) for name in HISTORY_COLUMNS} | {
                "step": epoch - 1, "simulated_seconds": np.nan, "seconds": 10.0 * epoch,
                "architecture": text, "score": np.nan, "epoch": epoch,
                "test_value": trial["test_value"] + epochs - epoch,
                "search_train_loss": 2.0 / epoch + 0.1 * seed,
                "search_valid_loss": 3.0 / epoch + 0.1 * seed,
                "search_train_value": 50.0, "search_valid_value": 45.0,
                "entropy": np.log(5) - 0.1 * epoch - 0.01 * seed,
                "greatest_entropy": np.log(5), "epoch_seconds": 10.0 + seed,
                "peak_memory_mib": trial["peak_memory_mib"], "weight_lr": 0.025,
            }  # fmt: skip
            rows.append(row | {f"count_{name}": text.count(name) for name in OPERATIONS})
    counts = [f"count_{name}" for name in OPERATIONS]
    return pd.DataFrame(rows, columns=[*HISTORY_COLUMNS, *EPOCH_COLUMNS, *counts])


def failed(results: pd.DataFrame, seeds: set[int], reason: str) -> pd.DataFrame:
    """The same trials, of which some seeds did not finish."""
    gone = results["seed"].isin(list(seeds))
    numbers = ["valid_value", "test_value", "regret", "rank", "percentile", "evaluated"]
    changed = results.astype(dict.fromkeys(numbers, "float64"))
    changed.loc[gone, numbers] = np.nan
    changed.loc[gone, "state"] = "failed"
    changed.loc[gone, "reason"] = reason
    changed.loc[gone, ["architecture", "test_query", "valid_query"]] = None
    return changed


def manifest(**changes: Any) -> Manifest:
    """A manifest with every field filled."""
    table = GroundTruthTable(
        name="nats-bench-public",
        description="NATS-Bench's topology space, test and validation accuracies at 12 and 200 "
        "epochs.",
        version="1.0",
        sha256=SHA256,
        queries="; ".join(QUERIES.values()),
    )
    settings = (
        ("time_budget_seconds", "12000", "arXiv 2001.00326, section 5"),
        ("score", "validation accuracy after 12 epochs", "authors' code, RANDOM.py"),
    )
    values: dict[str, Any] = {
        "command": "nas-harness run --methods all,random --spaces nas-bench-201 "
        "--datasets cifar10 --seeds 500 --protocol paper",
        "generated_at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC),
        "commit": "0123456789abcdef0123456789abcdef01234567",
        "versions": {"numpy": "2.4.6", "pandas": "3.1.1", "differentiable-nas-harness": "0.1.0"},
        "device": "cpu (one thread per trial)",
        "ground_truth": (table,),
        "protocols": (ProtocolSettings("paper", "random-search", settings),),
        "footnotes": (
            "This table has no validation seconds, so the simulated clock counts training only.",
        ),
    }
    return Manifest(**(values | changes))
