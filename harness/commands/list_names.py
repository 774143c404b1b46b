"""`list`: print the names of methods, spaces, datasets or protocols."""

import json
from argparse import Namespace

from harness.commands.command import Command
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option
from harness.commands.shared_options import JSON, PLUGIN

_KINDS = ("methods", "spaces", "datasets", "protocols")


def list_names(options: Namespace) -> ExitCode:
    """Print the names of one kind, each with a description."""
    from harness.planning import plugins
    from harness.terminal import listing

    plugins.load(options.plugins)
    rows = listing.list_names(options.kind)
    if options.json:
        print(json.dumps(rows, indent=1))
    else:
        width = max(len(row["name"]) for row in rows)
        for row in rows:
            print(f"{row['name']:{width}}  {row['description']}")
    return ExitCode.SUCCESS


COMMAND = Command(
    "list",
    "list the names that the other commands accept",
    list_names,
    (
        Option("kind", "what to list", "|".join(_KINDS), choices=_KINDS, required=True),
        PLUGIN,
        JSON,
    ),
)
