"""`data`: list, download, import and check the data that benchmarks need."""

from argparse import Namespace
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from harness.commands.command import Command, CommandGroup
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option
from harness.commands.shared_options import YES

if TYPE_CHECKING:
    from harness.data import Item


def print_status(options: Namespace) -> ExitCode:
    """Print which data is present."""
    from harness import data

    return _print_items(data.status())


def verify(options: Namespace) -> ExitCode:
    """Check all data that is present; FAILURE if a file is damaged."""
    from harness import data

    return _print_items(data.verify())


def _print_items(items: Iterable["Item"]) -> ExitCode:
    is_damaged = False
    for item in items:
        print(f"{item.name}: {item.state}\n    {item.path}\n    {item.detail}")
        is_damaged |= item.is_wrong
    return ExitCode.FAILURE if is_damaged else ExitCode.SUCCESS


def fetch(options: Namespace) -> ExitCode:
    """Download a dataset or the public files of a table."""
    from rich.console import Console

    from harness import data
    from harness.terminal import transfers

    with transfers.show_transfers(Console(stderr=True)) as progress:
        path = data.fetch(options.name, options.origin, progress)
    print(f"Fetched: {path}")
    return ExitCode.SUCCESS


def import_official(options: Namespace) -> ExitCode:
    """Convert official files into a table."""
    from rich.console import Console

    from harness import data
    from harness.terminal import transfers

    with transfers.show_transfers(Console(stderr=True)) as progress:
        path = data.import_official(
            options.name, options.file, is_confirmed=options.yes, progress=progress
        )
    print(f"Table: {path}")
    return ExitCode.SUCCESS


COMMANDS = CommandGroup(
    "data",
    "list, download, import and check data",
    (
        Command("status", "show which data is present", print_status),
        Command(
            "fetch",
            "download public files",
            fetch,
            (
                Option("name", "nas-bench-201, cifar10 or cifar100", "NAME", required=True),
                Option(
                    "--from",
                    "take the files from this folder instead of the network",
                    "DIR",
                    type=Path,
                    python_name="origin",
                ),
            ),
        ),
        Command(
            "import",
            "convert official files into a table",
            import_official,
            (
                Option("name", "nas-bench-201 or analog-nasbench", "NAME", required=True),
                Option(
                    "file",
                    "NAS-Bench-201-v1_1-096897.pth, or the folder of NATS-Bench's files; none for "
                    "analog-nasbench, which is read from its installed package",
                    "FILE",
                    type=Path,
                ),
                replace(YES, help="go ahead even if memory is short"),
            ),
        ),
        Command("verify", "check all data that is present", verify),
    ),
)
