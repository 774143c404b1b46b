"""Run a plan of searches with its progress on a console."""

from collections.abc import Sequence

from rich.console import Console

from harness.execution.answering import Answering
from harness.execution.executors import make_executor
from harness.execution.run_plan import run_plan
from harness.execution.run_trial import Context
from harness.planning.stages import SearchPlan
from harness.storage.evaluated import EvaluatedSearch
from harness.storage.store import Store
from harness.terminal.progress import Progress, training_group
from harness.trials.record import Record


def run_searches(
    plan: SearchPlan,
    context: Context,
    *,
    executor: str,
    jobs: int,
    console: Console,
    is_default: bool = True,
) -> list[EvaluatedSearch]:
    """Run a plan, and return its searches with their ground truth, in the plan's order.

    Args:
        plan: the searches.
        context: where trials are recorded.
        executor: where they run: `local` or `debug`.
        jobs: number of worker processes.
        console: where progress is shown.
        is_default: whether results and reports show the plan's ground truth from now on.

    Raises:
        UserError: something cannot be written. Finished trials are kept.
    """
    store = Store(context.store)
    answering = Answering(plan, store, is_default=is_default)
    searches: dict[str, EvaluatedSearch] = {}
    most_trainings = {
        training_group(recipe.space, recipe.dataset.name, recipe.protocol.name): count
        for recipe, count in plan.most_trainings.items()
    }
    with Progress(plan.searches, console, most_trainings) as progress:

        def on_records(records: Sequence[Record]) -> None:
            evaluated = answering.add(records)
            searches.update((each.record.key, each) for each in evaluated)
            progress.add(records, evaluated)

        run_plan(
            plan,
            make_executor(executor, context, jobs, progress.watch),
            store,
            redo=context.redo,
            on_records=on_records,
        )
    return [searches[trial.key] for trial in plan.searches]
