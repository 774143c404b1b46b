"""Reading and writing baseline files, as JSON that a diff shows line by line.

Only `python -m harness baseline` and `python -m harness guard --update` write them.
"""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.errors import UserError
from benchmarks.files.atomic import write_bytes
from harness.guard.baselines.baseline import FORMAT, Baseline
from harness.guard.baselines.diffable_json import diffable_json
from harness.storage.earlier_names import with_current_names


def read_baseline(path: Path) -> Baseline:
    """Read a baseline file.

    Raises:
        UserError: the file does not exist, is damaged or has another format.
    """
    try:
        content = json.loads(with_current_names(path.read_bytes()))
        _check_format(path, content)
        return _adapter().validate_python(content)
    except FileNotFoundError as error:
        raise UserError(
            f"The baseline {path} does not exist. Record one with "
            f"`python -m harness baseline RUNS --out {path}`."
        ) from error
    except ValueError as error:
        raise UserError(
            f"{path} is not a valid baseline. Restore it from version control, or remove it and "
            "record it again."
        ) from error


def write_baseline(path: Path, baseline: Baseline) -> None:
    """Write a baseline file atomically.

    Raises:
        UserError: the file cannot be written.
    """
    content = json.loads(json.dumps(asdict(baseline)))  # tuples as lists
    write_bytes(path, (diffable_json(content) + "\n").encode())


def _check_format(path: Path, content: Any) -> None:
    found = content.get("format", FORMAT) if isinstance(content, dict) else FORMAT
    if found != FORMAT:
        raise UserError(
            f"{path} has baseline format {found}, and this version of the harness reads format "
            f"{FORMAT}: remove the file and record it again with "
            f"`python -m harness baseline RUNS --out {path}`."
        )


@cache
def _adapter() -> Any:
    import pydantic

    return pydantic.TypeAdapter(Baseline)
