"""`run`: run methods over seeds, then write the report."""

import sys
from argparse import Namespace
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness import api
from harness.commands.command import Command
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option, values
from harness.commands.shared_options import CONTROL, JOBS, PLUGIN, REFERENCE, TABLE, YES

_FAILURES_SHOWN = 5

REQUEST = (
    Option(
        "--methods",
        "names of methods; `all` stands for the seven of this harness",
        "NAMES",
        default="all",
    ),
    Option("--spaces", "search spaces", "NAMES", default="nas-bench-201"),
    Option(
        "--datasets",
        "datasets to search on, or `.npz` files of images",
        "NAMES",
        default="digits",
    ),
    Option(
        "--seeds",
        "how many seeds (4 means 0 to 3), or which ones: 0,3,7",
        "N|LIST",
        default=4,
    ),
    Option(
        "--protocol",
        "whose settings: `common`, `paper`, `nats-bench` or `quick`",
        "NAME",
        default="common",
    ),
    Option(
        "--set",
        "override one setting of the protocol",
        "KEY=VALUE",
        repeated=True,
        python_name="settings",
    ),
    TABLE,
    Option(
        "--train",
        "training protocol, such as `tiny`: train the architectures found instead of looking "
        "them up in a table",
        "NAME",
    ),
    Option(
        "--train-seeds",
        "how many training seeds, or which ones: 0,3,7",
        "N|LIST",
        default=3,
    ),
    Option("--device", "`auto`, `cpu`, `cuda` or `cuda:N`", "NAME", default="auto"),
)
"""What to run."""

EXECUTION = (
    Option(
        "--executor",
        "where trials run: `local` (worker processes) or `debug` (one after the other in this "
        "process)",
        "NAME",
        default="local",
    ),
    JOBS,
    Option(
        "--out",
        "results folder; finished trials in it are not run again",
        "DIR",
        default="runs",
    ),
    Option("--retry", "run failed trials again", default=False),
    Option("--no-report", "do not write OUT/report", default=True, python_name="report"),
    CONTROL,
    REFERENCE,
    PLUGIN,
    YES,
)
"""How to run it."""

DRY_RUN = Option(
    "--dry-run",
    "print the trials, which of them are done, and a time estimate; run nothing",
    default=False,
)


def run_methods(options: Namespace) -> ExitCode:
    """Run methods over seeds and write the report; FAILURE if a trial or a training failed."""
    from harness.settings import overrides

    options.settings = overrides.parse(options.settings)
    if options.dry_run:
        print(_describe_trials(options))
        return ExitCode.SUCCESS
    results = api.run(**values(options, (*REQUEST, *EXECUTION)), command=options.command)
    is_failed = results["state"].ne("done") | results["reason"].notna()
    rows = results.loc[is_failed].to_dict("records")
    failed = {row["key"]: row for row in rows}  # a trial has a row per evaluated dataset
    _print_failures(failed.values())
    return ExitCode.FAILURE if failed else ExitCode.SUCCESS


def _describe_trials(options: Namespace) -> str:
    from harness.execution import executors
    from harness.planning import plugins
    from harness.planning.request import make_request
    from harness.terminal.dry_run import describe_dry_run

    plugins.load(options.plugins)
    request = make_request(**values(options, REQUEST))
    executors.check(options.executor)
    out = Path(options.out)
    return describe_dry_run(request, out=out, jobs=options.jobs, retry=options.retry)


def _print_failures(failed: Iterable[Mapping[Any, Any]]) -> None:
    failed = list(failed)
    for row in failed[:_FAILURES_SHOWN]:
        state = "" if row["state"] == "done" else f" {row['state']}"  # if done, its training failed
        search = f"{row['method']} seed {row['seed']}{state}"
        print(f"harness: {search}: {row['reason']}", file=sys.stderr)
    if len(failed) > _FAILURES_SHOWN:
        more = len(failed) - _FAILURES_SHOWN
        print(f"harness: ... {more} more; see `results`.", file=sys.stderr)


COMMAND = Command(
    "run",
    "run methods over seeds, then write the report",
    run_methods,
    (*REQUEST, *EXECUTION, DRY_RUN),
)
