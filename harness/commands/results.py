"""`results`: print one row per trial and evaluated dataset."""

from argparse import Namespace

from benchmarks.errors import UserError
from benchmarks.metric import ACCURACY, find_metric
from harness import api
from harness.commands.command import Command
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option
from harness.commands.shared_options import JSON, RUNS, USED_TABLE

_SEARCH = ["method", "protocol", "search_dataset", "dataset", "seed"]
_RESULTS = [
    *_SEARCH,
    "state",
    "valid_value",
    "test_value",
    "test_training_sd",
    "rank",
    "search_seconds",
]
_HISTORY = [*_SEARCH, "step", "seconds", "score", "entropy", "test_value", "architecture"]


def print_results(options: Namespace) -> ExitCode:
    """Print the results or the history of a folder as a short table, or in full."""
    if options.csv and options.json:
        raise UserError("--csv and --json exclude each other; give one of them.")
    read = api.history if options.history else api.results
    results = read(options.runs, table=options.table)
    if options.csv:
        print(results.to_csv(index=False), end="")
    elif options.json:
        print(results.to_json(orient="records", indent=1))
    elif results.empty:
        print("No finished searches.")
    else:
        columns = _HISTORY if options.history else _RESULTS
        if not options.history and len(set(results["table_sha256"])) > 1:
            columns = [*columns, "table", "table_version"]
        if len(set(results["space"])) > 1:
            columns = ["space", *columns]
        metrics = [find_metric(name) for name in set(results["metric"])]
        if metrics != [ACCURACY]:
            columns = [*columns, "metric"]
        decimals = max(metric.decimals for metric in metrics)
        shown = results[columns].dropna(axis="columns", how="all")
        print(shown.to_string(index=False, float_format=f"%.{decimals}f", na_rep="–"))
    return ExitCode.SUCCESS


COMMAND = Command(
    "results",
    "print one row per trial and evaluated dataset",
    print_results,
    (
        RUNS,
        USED_TABLE,
        Option(
            "--history",
            "print one row per epoch or improvement of each search, with alpha, instead",
            default=False,
        ),
        Option("--csv", "print all columns as CSV", default=False),
        JSON,
    ),
)
