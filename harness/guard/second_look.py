"""Running the second look's seeds, for methods whose first look sees a change."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from harness.planning.plan import Plan
from harness.storage.store import Store
from harness.trials import device
from harness.trials.record import Record


def run_second_look(
    folder: Path,
    seeds: Sequence[int],
    first_look: Mapping[str, Record],
    *,
    plugins: Sequence[Path],
    jobs: int | None,
    command: str,
) -> dict[str, dict[int, Record]]:
    """Run each method's seeds into a folder, with exactly the settings of its first look.

    Args:
        folder: results of the first look.
        seeds: seeds of the second look.
        first_look: any record of the first look, by method.
        plugins: files that register methods.
        jobs: worker processes; by default one per processor.
        command: origin that the records name.

    Raises:
        UserError: the first look's device is missing.
    """
    from rich.console import Console

    from harness.execution.local import checked_jobs
    from harness.execution.run_plan import run_plan
    from harness.execution.run_trial import Context
    from harness.terminal.progress import Progress
    from harness.trials.provenance import commit

    trials = [replace(record.trial, seed=seed) for record in first_look.values() for seed in seeds]
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
    plan = Plan(trials, [])
    with Progress(plan, Console(stderr=True)) as progress:
        records = run_plan(
            plan, context, jobs=checked_jobs(jobs, devices), progress=progress, watch=progress.watch
        )
    by_method: dict[str, dict[int, Record]] = {}
    for record in records:
        by_method.setdefault(record.trial.method, {})[record.trial.seed] = record
    return by_method
