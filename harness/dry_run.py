"""What a run would do, without doing it."""

from pathlib import Path
from typing import Any

from harness import campaign
from harness import plan as planning
from harness.executors.local import default_jobs
from harness.store import Store


def text(methods: str, *, out: Path, jobs: int | None, retry: bool, **asked: Any) -> str:
    """The trials of a run, which of them are done, and how long the rest would take.

    Takes the arguments of `harness.run`.

    Raises:
        UserError: something asked for does not exist, or a table is not here (nothing is fetched).
    """
    plan = planning.make(planning.campaign(methods, **asked))
    done = campaign.finished(plan, Store(out.expanduser()), retry=retry)
    lines = []
    for trial in plan.trials:
        state = done[trial.key].state if trial.key in done else "to do"
        overrides = f" with {trial.overrides}" if trial.overrides else ""
        lines.append(
            f"{trial.key}  {trial.space}  {trial.search_dataset}  {trial.method}  "
            f"{trial.protocol}{overrides}  seed {trial.seed}  {state}"
        )
    left = [trial for trial in plan.trials if trial.key not in done]
    jobs = jobs or default_jobs()
    seconds = campaign.estimate_seconds(plan, left, jobs)
    summary = (
        f"{len(plan.trials)} trials, {len(done)} done; "
        f"the rest takes about {seconds:.0f} s with {jobs} jobs."
    )
    return "\n".join([*lines, *plan.skipped, summary])
