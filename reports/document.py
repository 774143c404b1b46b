"""The report: its pages from the trials, and its files.

`write` is the one entry point. The same records give the same bytes.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.errors import unknown
from benchmarks.files.atomic import write_bytes
from reports import pages, rendering, tables
from reports.figures import Picture
from reports.manifest import Manifest
from reports.recorded import Recorded
from reports.tables import Table

FORMATS = ("pdf", "md", "csv", "tex")


def write(
    results: pd.DataFrame,
    history: pd.DataFrame,
    manifest: Manifest,
    out: Path,
    formats: Iterable[str] = FORMATS,
    recorded: Sequence[Recorded] = (),
    control: str | None = None,
) -> dict[str, Path]:
    """Write the report into a folder and return its files by their path within it.

    `pdf` gives report.pdf, `md` report.md, `csv` and `tex` each table on its own; figures are
    written always, as SVG and PDF. Every file appears whole or not at all. Files that an earlier
    report wrote in these forms and this one does not have are removed; no other file is touched.

    Args:
        results: one row per trial and evaluated dataset, columns `trials.RESULT_COLUMNS`; the
            order of rows does not matter.
        history: one row per trial, event and evaluated dataset, columns `trials.HISTORY_COLUMNS`
            and, where a search went epoch by epoch, `trials.EPOCH_COLUMNS`.
        manifest: how the results came about.
        out: the folder, made where missing.
        formats: any of `FORMATS`.
        recorded: trials that were run elsewhere, shown in rows of their own.
        control: a method that all others are compared with, besides random architectures; or the
            name of a row, where a method has several.

    Raises:
        UserError: a format is unknown, no trial is of the control, a record holds a machinery
            check, or the folder cannot be written.
    """
    chosen = _checked(formats)
    report = pages.compose(results, history, manifest, recorded, control)
    files: dict[str, bytes] = {}
    for table in report.of_type(Table):
        if "csv" in chosen:
            files[f"tables/{table.name}.csv"] = tables.to_csv(table).encode()
        if "tex" in chosen:
            files[f"tables/{table.name}.tex"] = tables.to_latex(table).encode()
    for picture in report.of_type(Picture):
        files[f"figures/{picture.name}.svg"] = picture.svg
        files[f"figures/{picture.name}.pdf"] = picture.pdf
    if "md" in chosen:
        files["report.md"] = rendering.to_markdown(report).encode()
    if "pdf" in chosen:
        files["report.pdf"] = rendering.to_pdf(report)
    _remove_earlier(out, files)
    for name, content in files.items():
        write_bytes(out / name, content)
    return {name: out / name for name in files}


def _checked(formats: Iterable[str]) -> tuple[str, ...]:
    chosen = tuple(formats)
    for name in chosen:
        if name not in FORMATS:
            raise unknown("report format", name, FORMATS)
    return chosen


def _remove_earlier(out: Path, files: Iterable[str]) -> None:
    """Remove what an earlier report wrote in the same forms and this one does not have.

    A list of the files that are ours is kept beside them.
    """
    listing = out / ".report-files"
    names = set(files)
    earlier = set(listing.read_text(encoding="utf-8").splitlines()) if listing.is_file() else set()
    forms = {_form(name) for name in names}
    stale = {name for name in earlier - names if _form(name) in forms}
    for name in stale:
        (out / name).unlink(missing_ok=True)
    ours = sorted(names | (earlier - stale))
    write_bytes(listing, "".join(f"{name}\n" for name in ours).encode())


def _form(name: str) -> tuple[str, str]:
    """The folder and the kind of a file: report.pdf is of another form than a figure's PDF."""
    path = Path(name)
    return str(path.parent), path.suffix
