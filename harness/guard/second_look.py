"""Running the second look's seeds, for methods whose first look sees a change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks import tables
from harness.guard.baselines.baseline import Baseline
from harness.planning.stages import SearchPlan
from harness.storage.evaluated import EvaluatedSearch
from harness.storage.store import Store
from harness.trials import device


def run_second_look(
    folder: Path,
    baseline: Baseline,
    first_look: Mapping[str, EvaluatedSearch],
    *,
    plugins: Sequence[Path],
    jobs: int | None,
    command: str,
) -> dict[str, dict[int, EvaluatedSearch]]:
    """Run each method's seeds into a folder, with exactly the settings of its first look.

    Args:
        folder: results of the first look.
        baseline: has the seeds of the second look and the table.
        first_look: any search of the first look, by method.
        plugins: files that register methods.
        jobs: worker processes; by default one per processor.
        command: origin that the records name.

    Raises:
        UserError: the first look's device is missing.
    """
    from rich.console import Console

    from harness.execution.local import checked_jobs
    from harness.execution.run_trial import Context
    from harness.terminal.run_searches import run_searches
    from harness.trials.provenance import commit

    trials = [
        replace(search.trial, seed=seed)
        for search in first_look.values()
        for seed in baseline.second_look
    ]
    kinds = {trial.arithmetic["device"] for trial in trials}
    kind = "cuda" if "cuda" in kinds else "cpu"
    device.check(kind)
    devices = device.names(kind)
    context = Context(
        Store.open(folder.expanduser()).folder,
        command,
        commit(),
        devices=tuple(devices),
        plugins=tuple(path.expanduser().resolve() for path in plugins),
    )
    table = tables.open_table(baseline.table, tables.find_table(baseline.table).path)
    plan = SearchPlan(trials, {(baseline.space, baseline.search_dataset): table})
    by_method: dict[str, dict[int, EvaluatedSearch]] = {}
    for search in run_searches(
        plan,
        context,
        executor="local",
        jobs=checked_jobs(jobs, devices),
        console=Console(stderr=True),
        is_default=False,
    ):
        by_method.setdefault(search.trial.method, {})[search.trial.seed] = search
    return by_method
