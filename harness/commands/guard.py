"""`guard`: compare fresh results with a baseline, or update the baseline."""

from argparse import Namespace
from pathlib import Path

from benchmarks.errors import UserError
from harness.commands.baseline import print_progress
from harness.commands.command import Command
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option
from harness.commands.shared_options import JOBS, PLUGIN, RUNS
from harness.execution import interrupts


def guard(options: Namespace) -> ExitCode:
    """Compare results with a baseline, FAILURE on a regression; or update the baseline."""
    from harness.guard.compare import parse_layers
    from harness.planning import plugins
    from harness.planning.request import parse_names

    if options.reason and not options.update:
        raise UserError("--reason goes with --update: give both or neither.")
    plugins.load(options.plugins)
    options.layers = parse_layers(options.layers)
    options.methods = parse_names(options.methods) if options.methods else None
    return _update(options) if options.update else _compare(options)


def _update(options: Namespace) -> ExitCode:
    from harness.guard.baselines.update import update_baseline

    update_baseline(
        options.runs,
        options.baseline,
        options.reason,
        layers=options.layers,
        methods=options.methods,
        plugins=options.plugins,
        on_progress=print_progress,
    )
    print(f"Baseline: {options.baseline} updated ({', '.join(options.layers)}).")
    return ExitCode.SUCCESS


def _compare(options: Namespace) -> ExitCode:
    from harness.guard.compare import compare_with_baseline, summarize
    from harness.guard.output.annotations import annotate, is_github_actions
    from harness.guard.output.junit import write_junit

    findings = []
    try:
        with interrupts.raised():
            for finding in compare_with_baseline(
                options.runs,
                options.baseline,
                layers=options.layers,
                methods=options.methods,
                plugins=options.plugins,
                jobs=options.jobs,
                command=options.command,
            ):
                findings.append(finding)
                print(finding, flush=True)
    finally:  # what was found before an error or an interrupt counts too
        if options.junit and findings:
            write_junit(options.junit, findings)
        if is_github_actions():
            for line in annotate(findings):
                print(line)
    print(summarize(findings))
    return ExitCode.FAILURE if any(each.is_red for each in findings) else ExitCode.SUCCESS


COMMAND = Command(
    "guard",
    "compare fresh results with a baseline; exit code 1 on a regression",
    guard,
    (
        RUNS,
        Option("--baseline", "file written by `baseline`", "FILE", type=Path, required=True),
        Option("--layers", "layers to compare", "NAMES", default="bits,structure,statistics"),
        Option("--methods", "only these methods", "NAMES", default_text="all in the baseline"),
        Option("--junit", "write JUnit XML to this file as well", "FILE", type=Path),
        Option("--update", "record the layers again instead; needs --reason", default=False),
        Option(
            "--reason", "why the baseline is updated; written into the file", "TEXT", default=""
        ),
        JOBS,
        PLUGIN,
    ),
)
