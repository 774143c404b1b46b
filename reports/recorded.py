"""Trials that were run elsewhere, kept in dated records, and shown beside fresh ones.

A record is a folder: `results.csv` and, where searches have a history, `history.csv.gz`, in the
columns of `trials`, and `record.toml`, which says how they came about. It is written once and never
changed; a checksum of each file tells whether it is whole.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import tomllib
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import cast

import pandas as pd

from benchmarks.errors import UserError
from benchmarks.files.atomic import replacing
from reports.manifest import Manifest
from reports.trials import (
    COUNT,
    EPOCH_COLUMNS,
    HISTORY_COLUMNS,
    HISTORY_NUMBERS,
    MEASURED_COLUMNS,
    RECORDED,
    RESULT_NUMBERS,
    needed_results,
    select,
)

FOLDER = Path(__file__).parent / "records"
"""The records that travel with the harness."""

_ABOUT, _RESULTS, _HISTORY = "record.toml", "results.csv", "history.csv.gz"


@dataclass(frozen=True)
class About:
    """How recorded trials came about."""

    date: date
    """Of the newest trial, UTC."""
    device: str
    """What they were computed on, in words."""
    command: str
    """The exact command lines, one a line."""
    commit: str
    """Of the harness; '' where it was not in a repository."""
    versions: Mapping[str, str]
    """Package name -> version."""
    note: str = ""


@dataclass(frozen=True, eq=False)
class Recorded:
    """A record that was read."""

    name: str
    """Of its folder; begins with the date."""
    about: About
    results: pd.DataFrame
    history: pd.DataFrame
    """Empty where the searches have none."""


def about(manifest: Manifest, note: str = "") -> About:
    """Take from a report's manifest what a record keeps; it must have a newest trial."""
    if manifest.generated_at is None:
        raise ValueError("Without a trial there is nothing to record.")
    return About(
        date=manifest.generated_at.date(),
        device=manifest.device,
        command=manifest.command,
        commit=manifest.commit or "",
        versions=dict(manifest.versions),
        note=note,
    )


def write(
    results: pd.DataFrame,
    history: pd.DataFrame,
    about: About,
    folder: Path,
    machinery_checks: Collection[str] = (),
) -> None:
    """Write a record, whole or not at all; the same trials in any order give the same bytes.

    Args:
        results: one row per trial and evaluated dataset; columns that reports do not know are kept.
        history: one row per trial, event and evaluated dataset; may be empty.
        about: how the trials came about.
        folder: the record's own, which must not exist; its name begins with the date.
        machinery_checks: protocols that are never recorded.

    Raises:
        UserError: there is nothing to record, the name or a protocol does not fit, the folder
            exists already or cannot be written.
    """
    if results.empty:
        raise UserError(f"There is no trial to record in {folder}.")
    _refuse(results, machinery_checks, folder.name)
    if not folder.name.startswith(f"{about.date}-"):
        raise UserError(
            f"'{folder.name}' does not begin with the date of the newest trial. "
            f"Call the record {about.date}-NAME."
        )
    if folder.exists():
        raise UserError(
            f"{folder} exists already, and a record is never changed. Choose a new name."
        )
    files = {_RESULTS: _csv(results, ["key", "dataset"])}
    if not history.empty:
        # Without a time, which gzip would otherwise put in.
        files[_HISTORY] = gzip.compress(_csv(history, ["key", "step", "dataset"]), mtime=0)
    with replacing(folder) as partial:
        partial.mkdir()
        for name, content in files.items():
            (partial / name).write_bytes(content)
        (partial / _ABOUT).write_text(_toml(about, files), encoding="utf-8", newline="\n")


def load(folder: Path = FOLDER) -> tuple[Recorded, ...]:
    """Read the records in a folder, the oldest first; none where there is no such folder.

    Raises:
        UserError: a record is damaged.
    """
    if not folder.is_dir():
        return ()
    # What was half written when a process was killed begins with a dot.
    names = sorted(each.name for each in folder.iterdir() if each.is_dir())
    return tuple(_read(folder / name) for name in names if not name.startswith((".", "_")))


def joined(
    results: pd.DataFrame,
    history: pd.DataFrame,
    recorded: Sequence[Recorded],
    machinery_checks: Collection[str] = (),
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Put recorded trials beside fresh ones, marked in the column `RECORDED`.

    A trial that is among the fresh ones is left out, and one in several records is taken from the
    newest.

    Raises:
        UserError: a record holds a machinery check.
    """
    marks = marks_of(recorded)
    taken = set() if results.empty else set(results["key"])
    parts, histories = [results], [history]
    for record in sorted(recorded, key=lambda record: record.name, reverse=True):
        _refuse(record.results, machinery_checks, record.name)
        rest = select(record.results, ~record.results["key"].isin(list(taken)))
        taken |= set(rest["key"])
        parts.append(rest.assign(**{RECORDED: marks[record.name]}))
        if not record.history.empty:
            histories.append(select(record.history, record.history["key"].isin(list(rest["key"]))))
    return _together(parts), _together(histories)


def marks_of(recorded: Sequence[Recorded]) -> dict[str, str]:
    """Return what a record's rows are called by: its date, or its name where two share a date."""
    dates = Counter(record.about.date for record in recorded)
    return {
        record.name: str(record.about.date) if dates[record.about.date] == 1 else record.name
        for record in recorded
    }


def _refuse(results: pd.DataFrame, machinery_checks: Collection[str], name: str) -> None:
    refused = sorted(set(results["protocol"]) & set(machinery_checks))
    if refused:
        raise UserError(
            f"Protocol {refused[0]} is a machinery check, whose results are never recorded: "
            f"leave it out of the record {name}."
        )


def _together(frames: Sequence[pd.DataFrame]) -> pd.DataFrame:
    full = [frame for frame in frames if not frame.empty]
    return pd.concat(full, ignore_index=True) if full else frames[0]


def _csv(frame: pd.DataFrame, order: list[str]) -> bytes:
    # Floats are written in the shortest form that reads back to the same bits.
    return frame.sort_values(order).to_csv(index=False, lineterminator="\n").encode()


def _toml(about: About, files: Mapping[str, bytes]) -> str:
    lines = [f"date = {about.date}"]
    for name in ("device", "command", "commit", "note"):
        lines.append(f"{name} = {_quoted(getattr(about, name))}")
    lines += ["", "[versions]"]
    lines += [f"{_quoted(name)} = {_quoted(v)}" for name, v in sorted(about.versions.items())]
    lines += ["", "[sha256]"]
    lines += [f"{_quoted(name)} = {_quoted(_digest(content))}" for name, content in files.items()]
    return "\n".join(lines) + "\n"


def _quoted(text: str) -> str:
    # JSON's strings are TOML's basic strings, but for one character that JSON leaves alone.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _read(folder: Path) -> Recorded:
    try:
        about, digests = _about((folder / _ABOUT).read_text(encoding="utf-8"))
        if not folder.name.startswith(f"{about.date}-"):
            raise ValueError(f"its name does not begin with its date, {about.date}")
        files = {name: (folder / name).read_bytes() for name in digests}
        for name, file in files.items():
            if _digest(file) != digests[name]:
                raise ValueError(f"{name} is not what was written")
        return Recorded(folder.name, about, *_frames(files))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"The record {folder} is damaged: {_reason(error)}. Restore the folder, or remove it."
        ) from error


def _frames(files: Mapping[str, bytes]) -> tuple[pd.DataFrame, pd.DataFrame]:
    results = _frame(files[_RESULTS], needed_results(), RESULT_NUMBERS)
    results["collapsed"] = results["collapsed"].eq("True")
    results = results.astype({"seed": "int64"})
    if _HISTORY not in files:
        return results, pd.DataFrame()
    text = gzip.decompress(files[_HISTORY])
    return results, _frame(
        text, HISTORY_COLUMNS, (*HISTORY_NUMBERS, *EPOCH_COLUMNS, *MEASURED_COLUMNS)
    )


def _reason(error: Exception) -> str:
    if isinstance(error, KeyError):
        return f"it lacks {error.args[0]}"
    if isinstance(error, OSError) and error.filename:
        return f"{Path(error.filename).name}: {error.strerror}"
    return str(error)


def _about(text: str) -> tuple[About, dict[str, str]]:
    """Read `record.toml`: what it says, and the checksum of each other file."""
    try:
        content = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ValueError(f"{_ABOUT}: {error}") from error
    day = content["date"]
    if type(day) is not date:
        raise ValueError(f"its date is {day!r}")
    words = {name: str(content[name]) for name in ("device", "command", "commit", "note")}
    return About(date=day, versions=dict(content["versions"]), **words), dict(content["sha256"])


def _frame(text: bytes, needed: Sequence[str], numbers: Sequence[str]) -> pd.DataFrame:
    """Read a table whose words stay words: a digest of digits alone is no number."""
    frame = cast(
        pd.DataFrame,
        pd.read_csv(io.BytesIO(text), dtype=str, keep_default_na=False, na_values=[""]),
    )
    missing = [name for name in needed if name not in frame]
    if missing:
        raise KeyError(f"the column {missing[0]}")
    counts = [name for name in frame if str(name).startswith(COUNT)]
    names = [name for name in (*numbers, *counts) if name in frame]
    frame[names] = frame[names].astype("float64")
    return frame
