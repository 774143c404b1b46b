"""`archive`: keep finished trials as reference results."""

from argparse import Namespace
from pathlib import Path

from harness.commands.command import Command
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option
from harness.commands.shared_options import RUNS, USED_TABLE


def archive_trials(options: Namespace) -> ExitCode:
    """Write finished trials as reference results and print how many there are."""
    from harness.storage import archive

    count = archive.archive(
        options.runs,
        options.out,
        methods=options.methods,
        protocol_name=options.protocol,
        table=options.table,
        note=options.note,
    )
    print(f"{count} trials archived in {options.out}")
    return ExitCode.SUCCESS


COMMAND = Command(
    "archive",
    "keep finished trials as reference results, which every later report can show",
    archive_trials,
    (
        RUNS,
        Option(
            "--out",
            "new folder, such as reports/reference/DATE-NAME",
            "DIR",
            type=Path,
            required=True,
        ),
        Option("--methods", "only these methods", "NAMES", default_text="all in RUNS"),
        Option("--protocol", "only this protocol", "NAME", default_text="all in RUNS"),
        USED_TABLE,
        Option("--note", "what a reader should know about these trials", "TEXT", default=""),
    ),
)
