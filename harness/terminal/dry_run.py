"""What a run would do, for `--dry-run`."""

from datetime import UTC, datetime
from pathlib import Path

from harness.execution.local import checked_jobs
from harness.execution.run_plan import estimate_seconds, left_to_run
from harness.planning.plan import make_plan
from harness.planning.request import Request
from harness.storage.store import Store
from harness.terminal.progress import duration
from harness.trials.device import names


def describe_dry_run(request: Request, *, out: Path, jobs: int | None, retry: bool) -> str:
    """Describe the trials of a run: which of them are done, and how long the rest would take.

    Raises:
        UserError: a table is missing (nothing is downloaded), or lacks what the settings need.
    """
    plan = make_plan(request)
    redo = datetime.now(UTC) if retry else None
    done, left = left_to_run(plan, Store.planned(out.expanduser()), redo=redo)
    lines = []
    for trial in plan.searches:
        state = done[trial.key].state if trial.key in done else "to do"
        overrides = f" with {trial.overrides}" if trial.overrides else ""
        lines.append(
            f"{trial.key}  {trial.space}  {trial.search_dataset}  {trial.method}  "
            f"{trial.protocol}{overrides}  seed {trial.seed}  {state}"
        )
    jobs = checked_jobs(jobs, names(request.device) if request.uses_device else ["cpu"])
    seconds = estimate_seconds(plan, done, left, jobs)
    searches_done = sum(trial.key in done for trial in plan.searches)
    summary = f"{len(plan.searches)} trials, {searches_done} done; "
    for recipe, count in plan.most_trainings.items():
        summary += (
            f"train: at most {count} architectures by {recipe.protocol.name} x "
            f"{len(recipe.seeds)} seeds; "
        )
    summary += f"the rest takes about {duration(seconds)} with {jobs} jobs."
    return "\n".join([*lines, *plan.notes, summary])
