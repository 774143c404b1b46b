"""The ground truth of an architecture on every dataset of a table."""

from typing import Any

from benchmarks.spaces.space import TabulatedSpace
from benchmarks.tables.table import Table
from harness.trials.record import Evaluation


def evaluate(space: TabulatedSpace, table: Table, architecture: Any) -> tuple[Evaluation, ...]:
    """Look up an architecture on every dataset of a table, in the table's order."""
    index = space.index(architecture)
    evaluations = []
    for dataset, evaluation in table.card.evaluations.items():
        valid, test = evaluation.valid, evaluation.test
        evaluations.append(
            Evaluation(
                dataset=dataset,
                valid_accuracy=float(table.accuracy(valid, index)) if valid else None,
                valid_query=str(valid) if valid else None,
                test_accuracy=float(table.accuracy(test, index)),
                test_query=str(test),
                optimum_test_accuracy=table.optimum(test)[1],
                regret=float(table.regret(test, index)),
                rank=int(table.rank(test, index)),
                percentile=float(table.percentile(test, index)),
                share_as_good=float(table.share_as_good(test, index)),
                parameters=space.parameters(architecture, dataset, **table.card.network),
                macs=space.macs(architecture, dataset, **table.card.network),
            )
        )
    return tuple(evaluations)
