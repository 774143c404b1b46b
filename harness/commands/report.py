"""`report`: write the report on a results folder."""

from argparse import Namespace
from pathlib import Path

from harness import api
from harness.commands.command import Command
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option, values
from harness.commands.shared_options import CONTROL, REFERENCE, RUNS, USED_TABLE

OPTIONS = (
    RUNS,
    Option("--out", "folder of the report", "DIR", type=Path, default_text="RUNS/report"),
    Option("--formats", "file formats of the report", "NAMES", default="pdf,md,csv,tex"),
    USED_TABLE,
    CONTROL,
    REFERENCE,
)


def write_report(options: Namespace) -> ExitCode:
    """Write the report and print its folder."""
    api.report(**values(options, OPTIONS))
    print(f"Report: {options.out or options.runs / 'report'}")
    return ExitCode.SUCCESS


COMMAND = Command("report", "write the report on a results folder", write_report, OPTIONS)
