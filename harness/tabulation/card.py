"""The page beside a tabulated table: how it was made, and how much its numbers tell."""

import platform
from collections.abc import Iterator
from dataclasses import replace
from importlib import metadata
from itertools import combinations
from typing import Any

import numpy as np
from scipy import stats

from benchmarks import tables
from benchmarks.spaces import tabulated_space
from benchmarks.tables.query import Query
from benchmarks.tables.table import Table
from benchmarks.training.protocol import evaluations_per_image
from harness.planning.ground_truth import choose_table
from harness.planning.recipe import Recipe
from harness.tabulation.measurements import Timings, Trainings
from harness.tabulation.topologies import topologies
from harness.trials.provenance import commit

_BEST = 1_000
_PUBLISHED = "cifar10"


def describe_table(
    table: Table,
    recipe: Recipe,
    trained: Trainings,
    timed: Timings,
    unshared: Trainings | None,
    *,
    test_images: int,
    command: str,
) -> str:
    """The page, in Markdown.

    Args:
        table: the table.
        recipe: what was tabulated.
        trained: its trainings, a row for each connected topology.
        timed: what they cost.
        unshared: trainings of some architectures that share another one's, if there are such.
        test_images: number of images in the test split.
        command: what made the table.
    """
    page = _Page(table, recipe, trained.index)
    hours = trained.seconds.sum() * len(recipe.seeds) / 3600
    seconds = timed.epoch.mean() * recipe.protocol.epochs
    rows = [
        ("made by", f"`{command}`"),
        ("commit; versions", f"{commit()}; {_versions()}"),
        ("training protocol", page.protocol()),
        ("noise on the images", f"{recipe.dataset.noise:g} standard deviations of their pixels"),
        ("SHA-256 of the values", table.card.sha256),
        ("processor hours of training", f"{hours:.1f}"),
        ("a training alone, validation left out", f"{seconds:.2f} processor seconds on average"),
        *page.spread(),
        *page.agreement(),
        *page.correlation(),
    ]
    if unshared is not None:
        counts = test_images * evaluations_per_image("test", recipe.dataset.noise)
        difference = page.near_shares(100 * unshared.test / counts, unshared.index)
        rows.append(("sharing by architectures that are not quite the same", difference))
    lines = [f"# {table.card.name}: {table.card.description}", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {value} |" for name, value in rows]
    return "\n".join([*lines, "", *(f"- {note}" for note in table.card.notes), ""])


def _versions() -> str:
    packages = (f"{name} {metadata.version(name)}" for name in ("torch", "numpy"))
    return ", ".join([f"Python {platform.python_version()}", *packages, platform.machine()])


def _tau(first: np.ndarray, second: np.ndarray) -> float:
    found: Any = stats.kendalltau(first, second)
    return float(found.statistic)


def _tau_between_columns(accuracies: np.ndarray) -> float:
    pairs = combinations(range(accuracies.shape[1]), 2)
    taus = [_tau(accuracies[:, first], accuracies[:, second]) for first, second in pairs]
    return float(np.mean(taus))


class _Page:
    def __init__(self, table: Table, recipe: Recipe, topologies: np.ndarray):
        self._table, self._recipe, self._topologies = table, recipe, topologies
        evaluation = table.evaluation(recipe.dataset.name)
        assert evaluation.valid is not None  # every tabulated table has a validation split
        self._valid, self._test = evaluation.valid, evaluation.test
        self._tested = self._by_seed(self._test)

    def _by_seed(self, query: Query) -> np.ndarray:
        """Accuracies in percent of the trained topologies, shape (topologies, seeds)."""
        seeds = self._recipe.seeds
        values = [self._table.values(replace(query, seed=seed), self._topologies) for seed in seeds]
        return np.stack(values, axis=1)

    def protocol(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in self._recipe.settings.items())

    def spread(self) -> Iterator[tuple[str, str]]:
        space = tabulated_space(self._recipe.space)
        means, noise = self._tested.mean(1), self._noise()
        between = max(means.var(ddof=1) - noise**2 / self._tested.shape[1], 0.0) ** 0.5
        yield (
            f"test accuracy of the {len(means):,} connected topologies",
            f"mean {means.mean():.2f} %, median {np.median(means):.2f} %",
        )
        for name, place in (("best", means.argmax()), ("worst of them", means.argmin())):
            found = space.canonical(space.architecture(int(self._topologies[place])))
            described = f"{means[place]:.2f} %: {space.index(found)}, `{found}`"
            yield name, described.replace("|", "\\|")
        yield "standard deviation between topologies, seed noise taken out", f"{between:.2f} points"
        yield "standard deviation between seeds of a topology", f"{noise:.2f} points"

    def _noise(self) -> float:
        if self._tested.shape[1] == 1:
            return float("nan")
        return float(self._tested.var(axis=1, ddof=1).mean() ** 0.5)

    def agreement(self) -> Iterator[tuple[str, str]]:
        means = self._tested.mean(axis=1)
        early = self._recipe.protocol.early_epochs
        valid = self._by_seed(self._valid)
        scored = self._by_seed(replace(self._valid, epochs=early))
        if self._tested.shape[1] > 1:
            best = np.argsort(-means)[:_BEST]
            yield "Kendall's tau between two seeds", f"{_tau_between_columns(self._tested):.3f}"
            yield (
                f"the same within the best {_BEST:,} topologies",
                f"{_tau_between_columns(self._tested[best]):.3f}",
            )
        yield (
            "tau of validation to test accuracy, means over seeds",
            f"{_tau(valid.mean(axis=1), means):.3f}",
        )
        alone = np.mean([_tau(each, means) for each in scored.T])
        yield (
            f"tau of validation accuracy after {early} epochs to test accuracy",
            f"{_tau(scored.mean(axis=1), means):.3f}; of one training, as a search scores, "
            f"{alone:.3f}",
        )

    def correlation(self) -> Iterator[tuple[str, str]]:
        """With the published benchmark, where that is on this computer."""
        space = self._recipe.space
        if not any(each.path.is_file() for each in tables.tables_of(space, _PUBLISHED)):
            return
        other = choose_table(space, None, _PUBLISHED)
        theirs = other.values(other.evaluation(_PUBLISHED).test)
        ours = self._table.values(self._test)
        rank, tau = stats.spearmanr(ours, theirs)[0], _tau(ours, theirs)
        yield (
            f"with the {_PUBLISHED} test accuracy of {other.card.name}, all architectures",
            f"Spearman {rank:.3f}, Kendall {tau:.3f}",
        )

    def near_shares(self, accuracies: np.ndarray, indices: np.ndarray) -> str:
        """How far such architectures are from the one whose training they share."""
        shared = topologies(self._recipe.space).sharing[indices]
        place = {int(index): row for row, index in enumerate(self._topologies)}
        theirs = self._tested[[place[int(index)] for index in shared]]
        apart = accuracies.mean(axis=1) - theirs.mean(axis=1)
        expected = self._noise() * (2 / theirs.shape[1]) ** 0.5
        return (
            f"{len(apart)} architectures trained on their own differ from the training that they "
            f"share by {apart.mean():+.2f} points on average, standard deviation "
            f"{apart.std(ddof=1):.2f}; seeds alone make {expected:.2f}"
        )
