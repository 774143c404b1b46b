"""`show`: print one architecture, or the settings and trials of a results folder."""

import json
import os
from argparse import Namespace
from dataclasses import replace
from pathlib import Path

from harness.commands.command import Command
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option
from harness.commands.shared_options import JSON, PLUGIN, SPACE, TABLE


def show(options: Namespace) -> ExitCode:
    """Print one architecture with its ground truth, or a results folder or trial."""
    from harness.planning import plugins
    from harness.terminal.showing import show_architecture, show_run

    plugins.load(options.plugins)
    if os.path.isdir(options.what):  # unlike Path.is_dir, false for text that cannot be a path
        content, text = show_run(Path(options.what))
    else:
        content, text = show_architecture(options.what, options.space, options.table)
    print(json.dumps(content, indent=1) if options.json else text)
    return ExitCode.SUCCESS


COMMAND = Command(
    "show",
    "show an architecture with its ground truth, or the settings of a run or a trial",
    show,
    (
        Option(
            "what",
            "text or index of an architecture, or the folder of a run or a trial",
            "ARCHITECTURE|FOLDER",
            required=True,
        ),
        SPACE,
        replace(TABLE, help="table that gives the ground truth", metavar="NAME"),
        PLUGIN,
        JSON,
    ),
)
