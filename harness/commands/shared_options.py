"""Options that several commands have."""

from pathlib import Path

from harness.commands.option import Option

RUNS = Option("runs", "results folder of an earlier run", "RUNS", type=Path, required=True)

SPACE = Option("--space", "search space", "NAME", default="nas-bench-201")

TABLE = Option(
    "--table",
    "table that gives the ground truth, by name or as a `.parquet` file",
    "NAME|FILE",
    default_text="the preferred one of those present",
)

USED_TABLE = Option(
    "--table",
    "table to take values from, of those that earlier runs used",
    "NAME",
    default_text="that of the last run",
)

PLUGIN = Option(
    "--plugin",
    "Python file that registers methods, datasets or spaces",
    "FILE",
    default=(),
    type=Path,
    repeated=True,
    python_name="plugins",
)

JOBS = Option(
    "--jobs",
    "number of worker processes",
    "N",
    type=int,
    default_text="one per processor, or one per GPU where trials run on GPUs",
)

YES = Option("--yes", "go ahead even if it takes more than an hour", default=False)

CONTROL = Option(
    "--control",
    "compare every method in the report with this one as well, paired by seed",
    "NAME",
)

REFERENCE = Option(
    "--reference",
    "show the reference results that come with the harness",
    default=False,
)

JSON = Option("--json", "print all columns or fields as JSON", default=False)
