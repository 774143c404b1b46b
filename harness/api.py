"""The harness from Python: the same as the commands, returning data frames.

The options of the commands are spelled in `harness.commands`; a test compares signatures and
docstrings with them.
"""

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from benchmarks.errors import UserError
from harness.settings.renamed import accept_old_keywords

if TYPE_CHECKING:
    import pandas as pd
    from rich.console import Console

    from harness.planning.stages import SearchPlan
    from harness.storage.store import Store

_LONG_RUN_SECONDS = 3600
_REPORT_FORMATS = "pdf,md,csv,tex"


@accept_old_keywords
def run(
    methods: str | Iterable[str] = "all",
    *,
    spaces: str | Iterable[str] = "nas-bench-201",
    datasets: str | Iterable[str] = "digits",
    seeds: int | str | Iterable[int] = 4,
    protocol: str = "common",
    settings: Mapping[str, Any] | None = None,
    table: str | None = None,
    train: str | None = None,
    train_seeds: int | str | Iterable[int] = 3,
    device: str = "auto",
    executor: str = "local",
    jobs: int | None = None,
    out: str | Path = "runs",
    retry: bool = False,
    report: bool = True,
    control: str | None = None,
    reference: bool = False,
    plugins: Iterable[str | Path] = (),
    yes: bool = False,
    command: str = "harness.run(...)",
    console: "Console | None" = None,
) -> "pd.DataFrame":
    """Run methods on spaces over seeds and return their results, with those of earlier runs.

    A missing table that is public is downloaded first. Names are lists or comma-separated.

    Args:
        methods: names of methods; `all` stands for the seven of this harness.
        spaces: search spaces.
        datasets: datasets to search on, or `.npz` files of images.
        seeds: how many seeds (4 means 0 to 3), or which ones: 0,3,7. A list means which ones.
        protocol: whose settings: `common`, `paper`, `nats-bench` or `quick`.
        settings: values that override those of the protocol, by setting.
        table: table that gives the ground truth, by name or as a `.parquet` file. By default the
            preferred one of those present.
        train: training protocol, such as `tiny`: train the architectures found instead of looking
            them up in a table.
        train_seeds: how many training seeds, or which ones: 0,3,7.
        device: `auto`, `cpu`, `cuda` or `cuda:N`.
        executor: where trials run: `local` (worker processes) or `debug` (one after the other in
            this process).
        jobs: number of worker processes. By default one per processor, or one per GPU where trials
            run on GPUs.
        out: results folder; finished trials in it are not run again.
        retry: run failed trials again.
        report: write the report on everything in `out` to `out`/report.
        control: compare every method in the report with this one as well, paired by seed.
        reference: show the reference results that come with the harness in the report.
        plugins: Python files that register methods, datasets or spaces.
        yes: go ahead even if it takes more than an hour.
        command: what the report names as the origin of these trials.
        console: where progress is shown. By default standard error.

    Returns:
        One row per trial of this request and evaluated dataset, with the columns of
        `harness.storage.frames.COLUMNS`.

    Raises:
        UserError: a name, a value or a file is wrong, or data is missing and cannot be downloaded.
    """
    from rich.console import Console

    from harness.execution import executors, interrupts
    from harness.execution.local import checked_jobs
    from harness.execution.run_trial import Context
    from harness.planning import plugins as plugin_files
    from harness.planning.plan import make_plan
    from harness.planning.request import make_request
    from harness.storage import frames
    from harness.storage.store import Store
    from harness.terminal.run_searches import run_searches
    from harness.terminal.transfers import fetch_missing
    from harness.trials.device import names
    from harness.trials.provenance import commit
    from methods import METHODS

    files = [_expand(path).resolve() for path in plugins]
    plugin_files.load(files)
    request = make_request(
        methods,
        spaces=spaces,
        datasets=datasets,
        seeds=seeds,
        protocol=protocol,
        settings=settings or {},
        table=table,
        device=device,
        train=train,
        train_seeds=train_seeds,
    )
    executors.check(executor)
    if control is not None:  # better now than after the last trial
        METHODS.check(control)
    devices = names(request.device) if request.uses_device else ["cpu"]
    jobs = 1 if executor == "debug" else checked_jobs(jobs, devices)
    console = console or Console(stderr=True)
    fetch_missing(request, console)
    plan = make_plan(request)
    folder = _expand(out)
    redo = datetime.now(UTC) if retry else None
    _announce(plan, folder, jobs=jobs, redo=redo, yes=yes, console=console)
    store = Store.create(folder)
    context = Context(
        store.folder,
        command,
        commit(),
        redo,
        devices=tuple(devices),
        plugins=(*files, *request.files),
    )
    with interrupts.raised():
        searches = run_searches(plan, context, executor=executor, jobs=jobs, console=console)
        if report:
            formats = _REPORT_FORMATS.split(",")
            written = _write_report(
                store, store.folder / "report", formats, control=control, reference=reference
            )
            console.print(f"Report: {written['report.pdf']}", soft_wrap=True, highlight=False)
    return frames.results(searches)


def _announce(
    plan: "SearchPlan",
    folder: Path,
    *,
    jobs: int,
    redo: datetime | None,
    yes: bool,
    console: "Console",
) -> None:
    """Describe what is about to run; refuse what takes long unless `yes`."""
    from harness.execution.run_plan import estimate_seconds, left_to_run
    from harness.storage.store import Store
    from harness.terminal.progress import describe

    done, left = left_to_run(plan, Store.planned(folder), redo=redo)
    seconds = estimate_seconds(plan, done, left, jobs)
    if seconds > _LONG_RUN_SECONDS and not yes:
        raise UserError(
            f"This would take about {seconds / 3600:.1f} hours ({len(left)} trials, {jobs} jobs). "
            "Use --yes (yes=True) to go ahead, or ask for less; --protocol quick is a short check."
        )
    describe(plan, sum(trial.key in done for trial in plan.searches), seconds, console)


def results(runs: str | Path = "runs", *, table: str | None = None) -> "pd.DataFrame":
    """Return one row per finished trial and evaluated dataset.

    The columns are those of `harness.storage.frames.COLUMNS`. A folder of an earlier version of the
    harness is read as well.

    Args:
        runs: results folder of an earlier run.
        table: table to take values from, of those that earlier runs used. By default that of
            the last run.

    Raises:
        UserError: `runs` is not a results folder, or no run used that table.
    """
    from harness.storage import frames
    from harness.storage.earlier_formats import read_any_searches

    return frames.results(read_any_searches(_expand(runs), table))


def history(runs: str | Path = "runs", *, table: str | None = None) -> "pd.DataFrame":
    """Return one row per finished trial, epoch or improvement of its search, and dataset.

    The columns are those of `harness.storage.frames.HISTORY_COLUMNS`; the last one, `arrays`, holds
    alpha by cell type as JSON text. The arguments are those of `results`.

    Raises:
        UserError: `runs` is not a results folder, or no run used that table.
    """
    from harness.storage import frames
    from harness.storage.evaluated import read_searches
    from harness.storage.store import Store

    store = Store.open(_expand(runs))
    return frames.history(store, read_searches(store, table), with_arrays=True)


@accept_old_keywords
def report(
    runs: str | Path = "runs",
    *,
    out: str | Path | None = None,
    formats: str | Iterable[str] = _REPORT_FORMATS,
    table: str | None = None,
    control: str | None = None,
    reference: bool = False,
) -> "pd.DataFrame":
    """Write the report on everything in `runs`; return the results that it is about.

    Args:
        runs: results folder of an earlier run.
        out: folder of the report. By default `runs`/report.
        formats: file formats of the report.
        table: table to take values from, of those that earlier runs used. By default that of
            the last run.
        control: compare every method in the report with this one as well, paired by seed.
        reference: show the reference results that come with the harness.

    Raises:
        UserError: `runs` is not a results folder, a format is unknown, or no run used that table.
    """
    from harness.storage.store import Store

    store = Store.open(_expand(runs))
    _write_report(
        store,
        _expand(out) if out else store.folder / "report",
        formats.split(",") if isinstance(formats, str) else formats,
        table=table,
        control=control,
        reference=reference,
    )
    return results(runs, table=table)


def _write_report(
    store: "Store",
    out: Path,
    formats: Iterable[str],
    *,
    table: str | None = None,
    control: str | None,
    reference: bool,
) -> dict[str, Path]:
    from harness.storage import frames
    from harness.storage.evaluated import read_searches, read_trainings
    from harness.storage.manifest import make_manifest
    from reports.reference.files import read_reference
    from reports.report import write_report

    searches = read_searches(store, table)
    return write_report(
        frames.results(searches),
        frames.history(store, searches),
        make_manifest(searches, read_trainings(store, searches)),
        out,
        formats,
        reference=read_reference() if reference else (),
        control=control,
    )


def _expand(path: str | Path) -> Path:
    return Path(path).expanduser()
