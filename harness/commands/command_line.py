"""The command line: which commands there are, and how each ends.

Nothing heavy is imported before the arguments are parsed.
"""

import logging
import os
import shlex
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from benchmarks.errors import UserError
from harness.commands import (
    archive,
    baseline,
    check_method,
    data,
    guard,
    list_names,
    report,
    results,
    run,
    show,
    tabulate,
)
from harness.commands.command import Parser
from harness.commands.exit_code import ExitCode
from harness.execution import interrupts
from harness.settings.renamed import rename_arguments

COMMANDS = (
    run.COMMAND,
    report.COMMAND,
    results.COMMAND,
    archive.COMMAND,
    list_names.COMMAND,
    show.COMMAND,
    check_method.COMMAND,
    baseline.COMMAND,
    guard.COMMAND,
    tabulate.COMMAND,
    data.COMMANDS,
)


def main(arguments: Sequence[str] | None = None) -> ExitCode:
    """Run one command and return its exit code."""
    logging.basicConfig(format="harness: %(message)s", level=logging.WARNING)
    interrupts.end_at_once()
    arguments = rename_arguments(sys.argv[1:] if arguments is None else arguments)
    try:
        options = _parse(arguments)
        options.command = shlex.join(["python", "-m", "harness", *arguments])
        code = options.run(options)
        sys.stdout.flush()
        return code
    except UserError as error:
        _print_error(str(error))
        return ExitCode.USAGE_ERROR
    except KeyboardInterrupt:
        _print_error("Interrupted. Finished trials are kept; run the same command to resume.")
        return ExitCode.INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        _discard_output()
        # Findings of the guard that nobody has read must not count as success.
        is_guard = arguments[:1] == [guard.COMMAND.name]
        return ExitCode.FAILURE if is_guard else ExitCode.SUCCESS
    except OSError as error:
        _discard_output()
        where = f" {error.filename}" if error.filename else ""
        _print_error(f"Cannot read or write{where}: {error.strerror or error}.")
        return ExitCode.USAGE_ERROR


def _parse(arguments: list[str]) -> Namespace:
    options, unknown = build_parser().parse_known_args(arguments)
    if unknown:  # the command's own parser knows which options are close
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return options


def build_parser() -> ArgumentParser:
    """Return the parser of all commands."""
    parser = Parser(
        prog="python -m harness",
        description="Run neural architecture search methods on benchmarks, and report their "
        "results next to the published ones.",
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in COMMANDS:
        command.add_to(subparsers)
    return parser


def _print_error(message: str) -> None:
    print(f"harness: {message}", file=sys.stderr)


def _discard_output() -> None:
    """Send what is left of standard output nowhere; flushing it at exit would fail again."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
