"""`tabulate`: train every distinct architecture of a space, and write a table."""

from argparse import Namespace
from pathlib import Path

from harness.commands.command import Command
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option
from harness.commands.shared_options import JOBS, PLUGIN, SPACE, YES
from harness.execution import interrupts


def tabulate_space(options: Namespace) -> ExitCode:
    """Train what is left to train, and write the table once everything is trained."""
    from rich.console import Console

    from harness.planning import plugins
    from harness.planning.request import parse_seeds
    from harness.tabulation.tabulate import tabulate

    plugins.load(options.plugins)
    with interrupts.raised():
        table = tabulate(
            options.space,
            options.dataset,
            options.protocol,
            parse_seeds(options.seeds),
            options.out.expanduser(),
            jobs=options.jobs,
            limit=options.limit,
            yes=options.yes,
            plugin_files=options.plugins,
            command=options.command,
            console=Console(stderr=True),
        )
    if table is not None:
        print(f"Table: {table}")
    return ExitCode.SUCCESS


COMMAND = Command(
    "tabulate",
    "train every distinct architecture of a space on a dataset, and write a table",
    tabulate_space,
    (
        SPACE,
        Option("--dataset", "`digits`, or an `.npz` file of images", "NAME|FILE", required=True),
        Option("--protocol", "training protocol", "NAME", default="tiny"),
        Option(
            "--seeds",
            "how many training seeds per architecture, or which ones: 0,3,7",
            "N|LIST",
            default=3,
        ),
        Option("--out", "file of the table", "FILE", type=Path, required=True),
        JOBS,
        Option("--limit", "train at most N architectures this time", "N", type=int),
        YES,
        PLUGIN,
    ),
)
