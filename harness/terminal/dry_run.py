"""What a run would do, without doing it."""

from pathlib import Path

from harness.execution import run_plan
from harness.execution.local import checked_jobs
from harness.planning import plan as planning
from harness.planning.plan import Campaign
from harness.storage.store import Store
from harness.terminal.progress import duration
from harness.trials.device import names


def text(asked: Campaign, *, out: Path, jobs: int | None, retry: bool) -> str:
    """The trials of a run, which of them are done, and how long the rest would take.

    Raises:
        UserError: something asked for does not exist, or a table is not here (nothing is fetched).
    """
    plan = planning.make(asked)
    done = run_plan.finished(plan, Store.planned(out.expanduser()), retry=retry)
    lines = []
    for trial in plan.trials:
        state = done[trial.key].state if trial.key in done else "to do"
        overrides = f" with {trial.overrides}" if trial.overrides else ""
        lines.append(
            f"{trial.key}  {trial.space}  {trial.search_dataset}  {trial.method}  "
            f"{trial.protocol}{overrides}  seed {trial.seed}  {state}"
        )
    left = [trial for trial in plan.trials if trial.key not in done]
    jobs = checked_jobs(jobs, names(asked.device) if asked.uses_device else ["cpu"])
    seconds = run_plan.estimate_seconds(plan, left, jobs)
    summary = (
        f"{len(plan.trials)} trials, {len(done)} done; "
        f"the rest takes about {duration(seconds)} with {jobs} jobs."
    )
    return "\n".join([*lines, *plan.skipped, summary])
