"""The harness from Python: the same as the commands, returning data frames."""

from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.errors import UserError

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from harness.planning.plan import Campaign
    from harness.storage.store import Store

REPORT_FORMATS = ("pdf", "md", "csv", "tex")
_LONG_RUN_SECONDS = 3600


def run(
    methods: str | Iterable[str] = "all",
    *,
    spaces: str | Iterable[str] = "nas-bench-201",
    datasets: str | Iterable[str] = "digits",
    seeds: int | str | Iterable[int] = 4,
    protocol: str = "common",
    settings: Mapping[str, Any] | None = None,
    truth: str | None = None,
    device: str = "auto",
    jobs: int | None = None,
    out: str | Path = "runs",
    report: bool = True,
    recorded: bool = False,
    control: str | None = None,
    plugins: Iterable[str | Path] = (),
    retry: bool = False,
    yes: bool = False,
    command: str = "harness.run(...)",
    console: "Console | None" = None,
) -> "pd.DataFrame":
    """Run methods on spaces over seeds and return their results, those of earlier runs included.

    A table that is missing and public is fetched first.

    Args:
        methods: names, as a list or comma-separated; `all` is the seven methods of this harness as
            far as they are registered.
        spaces: names of search spaces.
        datasets: names of the datasets to search on, or `.npz` files of images.
        seeds: how many, or which.
        protocol: `common`, `paper`, `nats-bench` or `quick`.
        settings: values that override the protocol's, by setting.
        truth: name of the ground truth; by default the preferred one of those that are here.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        jobs: worker processes; by default one per processor.
        out: folder of the trials; finished ones there are not run again.
        report: write the report on everything in `out` to `out`/report.
        recorded: show the results recorded in the harness itself beside these, in the report.
        control: a method with which the report compares every other one, paired by seed.
        plugins: Python files that register methods, datasets or spaces of your own.
        retry: run failed trials again.
        yes: go ahead with a plan of over an hour.
        command: what the report names as the origin of these trials.
        console: where progress is shown; by default standard error.

    Returns:
        One row per trial of this plan and evaluated dataset, with the columns of
        `harness.storage.frames.COLUMNS`.

    Raises:
        UserError: something asked for does not exist or does not fit.
    """

    from harness.planning import plan as planning
    from harness.planning.plugins import load

    plugins = [Path(path) for path in plugins]
    load(plugins)
    asked = planning.campaign(
        methods,
        spaces=spaces,
        datasets=datasets,
        seeds=seeds,
        protocol=protocol,
        settings=settings or {},
        truth=truth,
        device=device,
    )
    return run_campaign(
        asked,
        jobs=jobs,
        out=out,
        report=report,
        recorded=recorded,
        control=control,
        plugins=plugins,
        retry=retry,
        yes=yes,
        command=command,
        console=console,
    )


def run_campaign(
    asked: "Campaign",
    *,
    jobs: int | None,
    out: str | Path,
    report: bool,
    recorded: bool,
    control: str | None,
    plugins: Iterable[Path],
    retry: bool,
    yes: bool,
    command: str,
    console: "Console | None" = None,
    on_start: Callable[[], None] = lambda: None,
) -> "pd.DataFrame":
    """Run a campaign whose names are checked; the arguments are those of `run`.

    `on_start` is called when everything is imported and checked, before the first trial.
    """
    from rich.console import Console

    from harness.execution import run_plan
    from harness.execution.batch import Context
    from harness.execution.local import checked_jobs
    from harness.planning import plan as planning
    from harness.storage import frames
    from harness.storage.store import Store
    from harness.terminal.progress import Progress, describe
    from harness.terminal.transfers import fetch_missing
    from harness.trials.device import names
    from harness.trials.version import commit
    from methods import METHODS

    console = console or Console(stderr=True)
    if control is not None:  # rather now than when everything has run
        METHODS.check(control)
    devices = names(asked.device) if asked.uses_device else ["cpu"]
    jobs = checked_jobs(jobs, devices)
    fetch_missing(asked, console)
    plan = planning.make(asked)
    done = run_plan.finished(plan, Store.planned(_folder(out)), retry=retry)
    left = [trial for trial in plan.trials if trial.key not in done]
    seconds = run_plan.estimate_seconds(plan, left, jobs)
    if seconds > _LONG_RUN_SECONDS and not yes:
        raise UserError(
            f"This would take about {seconds / 3600:.1f} hours ({len(left)} trials, {jobs} jobs). "
            "Say --yes to go ahead, or ask for less; --protocol quick checks the machinery."
        )
    store = Store.create(_folder(out))
    describe(plan, done, seconds, console)
    context = Context(
        store.folder,
        command,
        commit(),
        devices=tuple(devices),
        plugins=(*(path.expanduser().resolve() for path in plugins), *asked.files),
    )
    on_start()
    with Progress(plan, console) as progress:
        records = run_plan.run(
            plan, context, jobs=jobs, retry=retry, progress=progress, watch=progress.watch
        )
    if report:
        files = _write_report(store, store.folder / "report", REPORT_FORMATS, recorded, control)
        console.print(f"Report: {files['report.pdf']}", soft_wrap=True, highlight=False)
    return frames.results(records)


def results(runs: str | Path = "runs") -> "pd.DataFrame":
    """One row per finished trial and evaluated dataset.

    The columns are those of `harness.storage.frames.COLUMNS`.

    Raises:
        UserError: `runs` is no folder of results.
    """
    from harness.storage import frames
    from harness.storage.store import Store

    return frames.results(Store.open(_folder(runs)).records())


def history(runs: str | Path = "runs") -> "pd.DataFrame":
    """One row per finished trial, epoch or improvement of its search, and evaluated dataset.

    The columns are those of `harness.storage.frames.HISTORY_COLUMNS`; the last one, `arrays`, holds
    alpha by cell type as JSON text.

    Raises:
        UserError: `runs` is no folder of results.
    """
    from harness.storage import frames
    from harness.storage.store import Store

    store = Store.open(_folder(runs))
    return frames.history(store, store.records(), with_arrays=True)


def report(
    runs: str | Path = "runs",
    *,
    out: str | Path | None = None,
    formats: str | Iterable[str] = REPORT_FORMATS,
    recorded: bool = False,
    control: str | None = None,
) -> "pd.DataFrame":
    """Write the report on everything in `runs`; return the results that it is about.

    Args:
        runs: folder of an earlier run.
        out: folder of the report; by default `runs`/report.
        formats: some of `pdf`, `md`, `csv`, `tex`.
        recorded: show the results recorded in the harness itself beside these.
        control: a method with which every other one is compared, paired by seed.

    Raises:
        UserError: `runs` is no folder of results, or a format is unknown.
    """
    from harness.storage.store import Store

    store = Store.open(_folder(runs))
    chosen = formats.split(",") if isinstance(formats, str) else list(formats)
    _write_report(
        store, _folder(out) if out else store.folder / "report", chosen, recorded, control
    )
    return results(runs)


def _write_report(
    store: "Store", out: Path, formats: Iterable[str], recorded: bool, control: str | None
) -> dict[str, Path]:
    from harness.storage import reporting

    return reporting.write(store, store.records(), out, formats, recorded=recorded, control=control)


def _folder(path: str | Path) -> Path:
    return Path(path).expanduser()
