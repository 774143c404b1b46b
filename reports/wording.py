"""Datasets, seeds and metrics in words."""

from __future__ import annotations

from collections.abc import Iterable

from benchmarks.metric import Metric

DATASET_TITLES = {
    "cifar10": "CIFAR-10", "cifar100": "CIFAR-100", "imagenet16-120": "ImageNet16-120",
}  # fmt: skip
"""Names of datasets as papers print them, in the papers' order."""


def dataset_title(dataset: str) -> str:
    """Return the name of a dataset as papers print it."""
    return DATASET_TITLES.get(dataset, dataset)


def metrics_in_words(metrics: Iterable[Metric]) -> str:
    """Name metrics with their units: `accuracy in percent`."""
    return " and ".join(dict.fromkeys(metric.in_words for metric in metrics))


def plurals_in_words(metrics: Iterable[Metric]) -> str:
    """Name what is measured: `accuracies`."""
    return " and ".join(dict.fromkeys(metric.plural for metric in metrics))


def seeds_in_words(seeds: Iterable[int]) -> str:
    """List seeds briefly."""
    ordered = sorted(set(seeds))
    if len(ordered) > 2 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"{ordered[0]} to {ordered[-1]}"
    if len(ordered) <= 6:
        return ", ".join(map(str, ordered))
    return f"{len(ordered)} between {ordered[0]} and {ordered[-1]}"
