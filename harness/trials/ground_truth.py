"""The ground truth of architectures, apart from any search: looked up in a table, or trained."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.metric import ACCURACY, Metric
from benchmarks.spaces.space import TabulatedSpace
from harness.trials.trial import TableIdentity

if TYPE_CHECKING:
    from benchmarks.tables.table import Table


@dataclass(frozen=True)
class Evaluation:
    """The ground truth of an architecture on one dataset, in the metric of its card."""

    dataset: str
    valid_value: float | None
    """On validation data; None where the table has none."""
    test_value: float
    """On test data; of trainings with several seeds, their mean."""
    parameters: int
    macs: int
    """Multiply-accumulates for one image."""
    rank: int | None = None
    """1 for the best of the space; None, like the next two, where only some of it is known."""
    percentile: float | None = None
    """Percent of the space that is worse; ties count half."""
    share_as_good: float | None = None
    """Percent of the space that is at least as good, itself included."""
    test_training_sd: float | None = None
    """Standard deviation between training seeds, n - 1; None for a table, and for one seed."""
    training_seeds: int | None = None
    """Number of seeds that it was trained with; None for a table."""


@dataclass(frozen=True)
class Answer:
    """The ground truth of one architecture."""

    architecture: str
    evaluations: tuple[Evaluation, ...] = ()
    """On every dataset of the card, in its order."""
    reason: str | None = None
    """Why there is no evaluation."""
    training: str | None = None
    """Key of the trial that trained it; None for a table."""


@dataclass(frozen=True)
class EvaluatedDataset:
    """A dataset of a table, and which of the table's values are its ground truth."""

    name: str
    valid_query: str | None
    """The exact key of its values on validation data; None where the table has none."""
    test_query: str
    optimum: float | None = None
    """The best of the space under that query; None where only some of it is known."""


@dataclass(frozen=True)
class GroundTruthCard:
    """What gives the ground truth, as readers of results need it: a table, or trainings.

    Trainings by one recipe are like a table of which only some rows are known.
    """

    identity: TableIdentity
    description: str
    notes: tuple[str, ...]
    """Caveats about its numbers, printed as footnotes."""
    datasets: tuple[EvaluatedDataset, ...]
    """In the order of reports."""
    is_trained: bool = False
    """Whether it stands for trainings of the architectures found, and not for a table."""
    metric: Metric = ACCURACY
    """What its values are measured in."""


def identify(table: "Table") -> TableIdentity:
    """Return what distinguishes a table from every other."""
    return TableIdentity(table.card.name, table.card.version, table.card.sha256)


def describe(table: "Table") -> GroundTruthCard:
    """Describe a table to readers of results."""
    datasets = tuple(
        EvaluatedDataset(
            name,
            str(evaluation.valid) if evaluation.valid else None,
            str(evaluation.test),
            table.optimum(evaluation.test)[1],
        )
        for name, evaluation in table.card.evaluations.items()
    )
    return GroundTruthCard(
        identify(table),
        table.card.description,
        tuple(table.card.notes),
        datasets,
        metric=table.card.metric,
    )


def look_up(space: TabulatedSpace, table: "Table", architecture: Any) -> Answer:
    """Look up an architecture on every dataset of a table."""
    index = space.index(architecture)
    evaluations = []
    for dataset, evaluation in table.card.evaluations.items():
        valid, test = evaluation.valid, evaluation.test
        evaluations.append(
            Evaluation(
                dataset=dataset,
                valid_value=float(table.values(valid, index)) if valid else None,
                test_value=float(table.values(test, index)),
                rank=int(table.rank(test, index)),
                percentile=float(table.percentile(test, index)),
                share_as_good=float(table.share_as_good(test, index)),
                parameters=space.parameters(architecture, dataset, **table.card.network),
                macs=space.macs(architecture, dataset, **table.card.network),
            )
        )
    return Answer(str(architecture), tuple(evaluations))
