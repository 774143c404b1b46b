"""The command line. Nothing heavy is imported before the arguments are read."""

import argparse
import logging
import os
import re
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

from benchmarks.errors import UserError, suggestion
from harness.commands import actions
from harness.execution import interrupts

EXIT_USER_ERROR, EXIT_INTERRUPTED = 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code.

    0: all went well; 1: some trial failed, or a file is damaged; 2: a mistake that the user can
    mend; 130: interrupted.
    """
    arguments = sys.argv[1:] if arguments is None else list(arguments)
    logging.basicConfig(format="harness: %(message)s", level=logging.WARNING)
    interrupts.end_at_once()
    try:
        options = _parse(arguments)
        options.command_line = shlex.join(["python", "-m", "harness", *arguments])
        code = getattr(actions, options.command)(options)
        sys.stdout.flush()
        return code
    except UserError as error:
        print(f"harness: {error}", file=sys.stderr)
        return EXIT_USER_ERROR
    except KeyboardInterrupt:
        message = "Interrupted. What is finished is kept; the same command goes on from there."
        print(f"harness: {message}", file=sys.stderr)
        return EXIT_INTERRUPTED
    except BrokenPipeError:  # the reader of a pipe, such as `head`, has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        # What the guard found has reached nobody, and must not count as green.
        is_guard = arguments[:1] == ["guard"]
        return actions.EXIT_NOT_ALL_WELL if is_guard else actions.EXIT_DONE
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        where = f" {error.filename}" if error.filename else ""
        print(f"harness: Cannot read or write{where}: {error.strerror or error}.", file=sys.stderr)
        return EXIT_USER_ERROR


def _parse(arguments: list[str]) -> argparse.Namespace:
    options, unknown = _parser().parse_known_args(arguments)
    if unknown:  # the command's own parser knows which options are close
        options.parser.error(f"unrecognized arguments: {' '.join(unknown)}")
    return options


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one sentence, with the closest option or command."""

    def error(self, message: str) -> NoReturn:
        known = [option for action in self._actions for option in action.option_strings]
        known += [name for action in self._actions for name in action.choices or ()]
        wrong = re.search(r"invalid choice: '(.*?)'|unrecognized arguments: (\S+)", message)
        hint = suggestion(wrong[1] or wrong[2], known) if wrong else ""
        raise UserError(f"{message[:1].upper()}{message[1:]}.{hint} See `{self.prog} --help`.")


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(
        prog="python -m harness",
        description="Run architecture-search methods on benchmarks, and report them beside the "
        "papers' numbers.",
        allow_abbrev=False,
    )
    subparsers = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_Parser)
    for add in (
        _add_run, _add_report, _add_results, _add_archive, _add_list, _add_show,
        _add_check_method, _add_baseline, _add_guard, _add_tabulate, _add_data,
    ):  # fmt: skip
        add(subparsers)
    return parser


def _add_run(subparsers) -> None:
    parser = subparsers.add_parser(
        "run", help="run methods over seeds, then write the report", allow_abbrev=False
    )
    parser.add_argument(
        "--methods",
        default="all",
        metavar="NAMES",
        help="all, or names: a,b (see `list methods`); default all",
    )
    parser.add_argument(
        "--spaces",
        default="nas-bench-201",
        metavar="NAMES",
        help="search spaces; default nas-bench-201",
    )
    parser.add_argument(
        "--datasets",
        default="digits",
        metavar="NAMES",
        help="datasets to search on, or .npz files of images; default digits",
    )
    parser.add_argument(
        "--seeds",
        default="4",
        metavar="N|LIST",
        help="how many seeds (4 is 0 to 3), or which: 0,3,7; default 4",
    )
    parser.add_argument(
        "--protocol",
        default="common",
        metavar="NAME",
        help="common, paper, nats-bench or quick; default common",
    )
    parser.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="KEY=VALUE",
        help="override one setting of the protocol; may be repeated",
    )
    parser.add_argument(
        "--truth",
        metavar="NAME|FILE",
        help="ground truth, or a table of your own; default the preferred one that is here",
    )
    parser.add_argument(
        "--device", default="auto", metavar="NAME", help="auto, cpu, cuda or cuda:N; default auto"
    )
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="worker processes; default one per processor"
    )
    parser.add_argument(
        "--out",
        default="runs",
        type=Path,
        metavar="DIR",
        help="folder of the trials; finished ones are not run again; default runs",
    )
    parser.add_argument("--retry", action="store_true", help="run failed trials again")
    parser.add_argument("--no-report", action="store_true", help="do not write OUT/report")
    _add_contents(parser)
    _add_plugin(parser)
    parser.add_argument(
        "--dry-run",
        action="store_true",
        help="print the trials, which are done, and an estimate; run nothing",
    )
    parser.add_argument("--yes", action="store_true", help="go ahead with a plan of over an hour")
    parser.set_defaults(command="run", parser=parser)


def _add_report(subparsers) -> None:
    parser = subparsers.add_parser(
        "report", help="write the report on a folder of trials", allow_abbrev=False
    )
    parser.add_argument("runs", type=Path, metavar="RUNS", help="folder of an earlier run")
    parser.add_argument("--out", type=Path, metavar="DIR", help="default RUNS/report")
    parser.add_argument(
        "--formats",
        default="pdf,md,csv,tex",
        metavar="NAMES",
        help="some of pdf,md,csv,tex; default all",
    )
    _add_contents(parser)
    parser.set_defaults(command="report", parser=parser)


def _add_contents(parser: argparse.ArgumentParser) -> None:
    """What else a report shows."""
    parser.add_argument(
        "--control",
        metavar="NAME",
        help="compare every method with this one as well, paired by seed",
    )
    parser.add_argument(
        "--recorded",
        action="store_true",
        help="show the results recorded in the harness itself beside these",
    )


def _add_results(subparsers) -> None:
    parser = subparsers.add_parser(
        "results", help="one row per trial and evaluated dataset", allow_abbrev=False
    )
    parser.add_argument("runs", type=Path, metavar="RUNS", help="folder of an earlier run")
    parser.add_argument(
        "--history",
        action="store_true",
        help="one row per epoch or improvement of a search instead, its alphas included",
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--csv", action="store_true", help="all columns as CSV")
    form.add_argument("--json", action="store_true", help="all columns as JSON")
    parser.set_defaults(command="results", parser=parser)


def _add_plugin(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--plugin",
        action="append",
        default=[],
        type=Path,
        metavar="FILE",
        help="a Python file that registers methods, datasets or spaces; may be repeated",
    )


def _add_archive(subparsers) -> None:
    parser = subparsers.add_parser(
        "archive",
        help="keep finished trials as a dated record, for reports/records",
        allow_abbrev=False,
    )
    parser.add_argument("runs", type=Path, metavar="RUNS", help="folder of an earlier run")
    parser.add_argument(
        "--out", type=Path, required=True, metavar="DIR", help="reports/records/DATE-NAME"
    )
    parser.add_argument("--methods", metavar="NAMES", help="only these; default all in RUNS")
    parser.add_argument("--protocol", metavar="NAME", help="only this one; default all in RUNS")
    parser.add_argument(
        "--note", default="", metavar="TEXT", help="what a reader has to know of these trials"
    )
    parser.set_defaults(command="archive", parser=parser)


def _add_list(subparsers) -> None:
    parser = subparsers.add_parser("list", help="what can be named", allow_abbrev=False)
    parser.add_argument(
        "what",
        choices=["methods", "spaces", "datasets", "protocols"],
        metavar="methods|spaces|datasets|protocols",
    )
    _add_plugin(parser)
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(command="list_names", parser=parser)


def _add_show(subparsers) -> None:
    parser = subparsers.add_parser(
        "show",
        help="one architecture with its ground truth, or a folder of trials",
        allow_abbrev=False,
    )
    parser.add_argument(
        "what",
        metavar="ARCHITECTURE|RUN",
        help="text or index of an architecture, or a folder of a run or a trial",
    )
    parser.add_argument(
        "--space", default="nas-bench-201", metavar="NAME", help="default nas-bench-201"
    )
    parser.add_argument("--truth", metavar="NAME", help="ground truth")
    parser.add_argument("--json", action="store_true", help="as JSON")
    parser.set_defaults(command="show", parser=parser)


def _add_check_method(subparsers) -> None:
    parser = subparsers.add_parser(
        "check-method",
        help="check what the harness takes for granted of a method, in seconds",
        allow_abbrev=False,
    )
    parser.add_argument("name", metavar="NAME", help="of the method")
    _add_plugin(parser)
    parser.set_defaults(command="check_method", parser=parser)


def _add_baseline(subparsers) -> None:
    parser = subparsers.add_parser(
        "baseline",
        help="record results as the baseline of `guard`",
        allow_abbrev=False,
    )
    parser.add_argument("runs", type=Path, metavar="RUNS", help="folder of an earlier run")
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="a new JSON file")
    _add_plugin(parser)
    parser.set_defaults(command="baseline", parser=parser)


def _add_guard(subparsers) -> None:
    parser = subparsers.add_parser(
        "guard",
        help="compare fresh results with a baseline; exit code 1 where something moved",
        allow_abbrev=False,
    )
    parser.add_argument("runs", type=Path, metavar="RUNS", help="folder of the fresh run")
    parser.add_argument(
        "--baseline", type=Path, required=True, metavar="FILE", help="what `baseline` recorded"
    )
    parser.add_argument(
        "--layers",
        default="bits,structure,statistics",
        metavar="NAMES",
        help="some of bits,structure,statistics; default all",
    )
    parser.add_argument("--methods", metavar="NAMES", help="only these; default all recorded")
    parser.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit XML as well")
    parser.add_argument(
        "--update", action="store_true", help="record the layers anew instead, for a reason"
    )
    parser.add_argument(
        "--reason", default="", metavar="TEXT", help="why the baseline moves; written into it"
    )
    parser.add_argument("--jobs", type=int, metavar="N", help="worker processes of a second look")
    _add_plugin(parser)
    parser.set_defaults(command="guard", parser=parser)


def _add_tabulate(subparsers) -> None:
    parser = subparsers.add_parser(
        "tabulate",
        help="train every distinct architecture of a space on a dataset, into a table",
        allow_abbrev=False,
    )
    parser.add_argument("--space", default="nas-bench-201", metavar="NAME")
    parser.add_argument(
        "--dataset", required=True, metavar="NAME|FILE", help="digits, or an .npz of your own"
    )
    parser.add_argument(
        "--protocol", default="tiny", metavar="NAME", help="training protocol; default tiny"
    )
    parser.add_argument(
        "--seeds",
        default="3",
        metavar="N|LIST",
        help="training seeds of each: how many, or which; default 3",
    )
    parser.add_argument("--out", type=Path, required=True, metavar="FILE", help="the table")
    parser.add_argument(
        "--jobs", type=int, metavar="N", help="worker processes; default one per processor"
    )
    parser.add_argument(
        "--limit", type=int, metavar="N", help="train at most N architectures this time"
    )
    parser.add_argument("--yes", action="store_true", help="go ahead with over an hour")
    _add_plugin(parser)
    parser.set_defaults(command="tabulate", parser=parser)


def _add_data(subparsers) -> None:
    parser = subparsers.add_parser("data", help="obtain and check data", allow_abbrev=False)
    actions = parser.add_subparsers(required=True, metavar="ACTION", parser_class=_Parser)
    status = actions.add_parser("status", help="what is here", allow_abbrev=False)
    status.set_defaults(command="data_status", parser=status)
    fetch = actions.add_parser("fetch", help="obtain public files", allow_abbrev=False)
    fetch.add_argument("name", metavar="NAME", help="nas-bench-201")
    fetch.add_argument(
        "--from",
        type=Path,
        dest="origin",
        metavar="DIR",
        help="take the files from a folder instead of the network",
    )
    fetch.set_defaults(command="data_fetch", parser=fetch)
    imported = actions.add_parser("import", help="convert official files", allow_abbrev=False)
    imported.add_argument(
        "name",
        metavar="NAME",
        help="nas-bench-201, or analog-nasbench, which is read from its installed package",
    )
    imported.add_argument(
        "file",
        type=Path,
        nargs="?",
        metavar="FILE",
        help="NAS-Bench-201-v1_1-096897.pth, or NATS-Bench's folder of files",
    )
    imported.add_argument("--yes", action="store_true", help="go ahead when memory is short")
    imported.set_defaults(command="data_import", parser=imported)
    verify = actions.add_parser("verify", help="check everything that is here", allow_abbrev=False)
    verify.set_defaults(command="data_verify", parser=verify)
