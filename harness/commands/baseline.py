"""`baseline`: record results as a baseline for `guard`."""

import sys
from argparse import Namespace
from pathlib import Path

from harness.commands.command import Command
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option
from harness.commands.shared_options import PLUGIN, RUNS


def baseline(options: Namespace) -> ExitCode:
    """Record a baseline and print which seeds to compare with it."""
    from harness.guard.baselines.record import record_baseline
    from harness.planning import plugins

    plugins.load(options.plugins)
    recorded = record_baseline(
        options.runs, options.out, plugins=options.plugins, on_progress=print_progress
    )
    seeds = ",".join(map(str, recorded.first_look))
    print(
        f"Baseline: {options.out} ({len(recorded.methods)} methods, {len(recorded.seeds)} seeds "
        f"each). Guard it with seeds {seeds}."
    )
    return ExitCode.SUCCESS


def print_progress(line: str) -> None:
    """Print what is being done, apart from the command's output."""
    print(line, file=sys.stderr, flush=True)


COMMAND = Command(
    "baseline",
    "record results as a baseline for `guard`",
    baseline,
    (
        RUNS,
        Option("--out", "new JSON file", "FILE", type=Path, required=True),
        PLUGIN,
    ),
)
