"""Reference results as files.

A folder holds `results.csv`, `history.csv.gz` if the searches have a history, both in the columns
of `reports.frames`, and `origin.toml`, which says how the results came about and holds the SHA-256
of the other files. A folder is written once and never changed.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tomllib
from collections.abc import Collection, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import cast

import pandas as pd

from benchmarks.errors import UserError
from benchmarks.files.atomic import replacing
from benchmarks.metric import EARLIER_NAMES
from reports.frames import (
    COUNT,
    EPOCH_COLUMNS,
    HISTORY_COLUMNS,
    HISTORY_NUMBERS,
    MEASURED_COLUMNS,
    RESULT_NUMBERS,
    needed_results,
)
from reports.reference.results import Origin, ReferenceResults, refuse_machinery_checks

FOLDER = Path(__file__).parent
"""The reference results that travel with the harness, one folder each."""

_ORIGIN, _RESULTS, _HISTORY = "origin.toml", "results.csv", "history.csv.gz"


def write_reference(
    results: pd.DataFrame,
    history: pd.DataFrame,
    origin: Origin,
    folder: Path,
    machinery_checks: Collection[str] = (),
) -> None:
    """Write reference results atomically; the same trials in any order give the same bytes.

    Args:
        results: one row per trial and evaluated dataset; additional columns are kept.
        history: one row per trial, event and evaluated dataset; may be empty.
        origin: how the trials came about.
        folder: must not exist yet; its name begins with the date.
        machinery_checks: protocols that are refused.

    Raises:
        UserError: there are no trials, the name or a protocol is not allowed, or the folder exists
            or cannot be written.
    """
    if results.empty:
        raise UserError(f"There are no trials to write to {folder}.")
    refuse_machinery_checks(results, machinery_checks, folder.name)
    if not folder.name.startswith(f"{origin.date}-"):
        raise UserError(
            f"'{folder.name}' does not begin with the date of the newest trial. "
            f"Name the folder {origin.date}-NAME."
        )
    if folder.exists():
        raise UserError(
            f"{folder} already exists, and reference results are never changed. "
            "Choose another name."
        )
    files = {_RESULTS: _csv(results, ["key", "dataset"])}
    if not history.empty:
        # gzip would otherwise store the time of writing.
        files[_HISTORY] = gzip.compress(_csv(history, ["key", "step", "dataset"]), mtime=0)
    with replacing(folder) as partial:
        partial.mkdir()
        for name, content in files.items():
            (partial / name).write_bytes(content)
        (partial / _ORIGIN).write_text(_toml(origin, files), encoding="utf-8", newline="\n")


def read_reference(folder: Path = FOLDER) -> tuple[ReferenceResults, ...]:
    """Read all reference results in a folder, oldest first; none if it does not exist.

    Raises:
        UserError: reference results are damaged.
    """
    if not folder.is_dir():
        return ()
    # Folders of an interrupted write begin with a dot.
    names = sorted(each.name for each in folder.iterdir() if each.is_dir())
    return tuple(_read(folder / name) for name in names if not name.startswith((".", "_")))


def _csv(frame: pd.DataFrame, order: list[str]) -> bytes:
    # Floats are written in the shortest form that reads back to the same bits.
    return frame.sort_values(order).to_csv(index=False, lineterminator="\n").encode()


def _toml(origin: Origin, files: Mapping[str, bytes]) -> str:
    lines = [f"date = {origin.date}"]
    for name in ("device", "command", "commit", "note"):
        lines.append(f"{name} = {_quoted(getattr(origin, name))}")
    lines += ["", "[versions]"]
    lines += [f"{_quoted(name)} = {_quoted(v)}" for name, v in sorted(origin.versions.items())]
    lines += ["", "[sha256]"]
    lines += [f"{_quoted(name)} = {_quoted(_digest(content))}" for name, content in files.items()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # JSON strings are TOML basic strings, except for one character that JSON does not escape.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(folder: Path) -> ReferenceResults:
    try:
        origin, digests = _read_origin((folder / _ORIGIN).read_text(encoding="utf-8"))
        if not folder.name.startswith(f"{origin.date}-"):
            raise ValueError(f"its name does not begin with its date, {origin.date}")
        files = {name: (folder / name).read_bytes() for name in digests}
        for name, file in files.items():
            if _digest(file) != digests[name]:
                raise ValueError(f"{name} does not match its SHA-256")
        return ReferenceResults(folder.name, origin, *_read_frames(files))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"The reference results {folder} are damaged: {_reason(error)}. "
            "Restore the folder, or remove it."
        ) from error


def _read_origin(text: str) -> tuple[Origin, dict[str, str]]:
    """Return the origin, and the SHA-256 of each other file."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{_ORIGIN}: {error}") from error
    day = content["date"]
    if type(day) is not date:
        raise ValueError(f"{day!r} is not a date")
    words = {name: str(content[name]) for name in ("device", "command", "commit", "note")}
    return Origin(date=day, versions=dict(content["versions"]), **words), dict(content["sha256"])


def _read_frames(files: Mapping[str, bytes]) -> tuple[pd.DataFrame, pd.DataFrame]:
    results = _read_frame(files[_RESULTS], needed_results(), RESULT_NUMBERS)
    results["collapsed"] = results["collapsed"].eq("True")
    results = results.astype({"seed": "int64"})
    if _HISTORY not in files:
        return results, pd.DataFrame()
    numbers = (*HISTORY_NUMBERS, *EPOCH_COLUMNS, *MEASURED_COLUMNS)
    return results, _read_frame(gzip.decompress(files[_HISTORY]), HISTORY_COLUMNS, numbers)


def _read_frame(text: bytes, needed: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """Read a CSV file; only the named columns are parsed as numbers, a digest stays a string."""
    frame = cast(
        pd.DataFrame,
        pd.read_csv(io.BytesIO(text), dtype=str, keep_default_na=False, na_values=[""]),
    )
    frame = frame.rename(columns=EARLIER_NAMES)
    missing = [name for name in needed if name not in frame]
    if missing:
        raise KeyError(f"the column {missing[0]}")
    counts = [name for name in frame if str(name).startswith(COUNT)]
    names = [name for name in (*numbers, *counts) if name in frame]
    frame[names] = frame[names].astype("float64")
    return frame


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"{error.args[0]} is missing"
    if isinstance(error, OSError) and error.filename:
        return f"{Path(error.filename).name}: {error.strerror}"
    return str(error)
