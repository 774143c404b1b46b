"""The files of a report. The same records give the same bytes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd

from benchmarks.errors import unknown
from benchmarks.files.atomic import write_bytes
from reports.document.composition import compose_document
from reports.figures.canvas import Picture
from reports.formats.csv import table_to_csv
from reports.formats.latex import table_to_latex
from reports.formats.markdown import document_to_markdown
from reports.formats.pdf import document_to_pdf
from reports.manifest import Manifest
from reports.reference.results import ReferenceResults
from reports.tables.table import Table

FORMATS = ("pdf", "md", "csv", "tex")

_LISTING = ".report-files"


def write_report(
    results: pd.DataFrame,
    history: pd.DataFrame,
    manifest: Manifest,
    out: Path,
    formats: Iterable[str] = FORMATS,
    reference: Sequence[ReferenceResults] = (),
    control: str | None = None,
) -> dict[str, Path]:
    """Write a report into a folder and return its files by their relative path.

    `pdf` writes report.pdf, `md` report.md, `csv` and `tex` one file per table; figures are always
    written, as SVG and PDF. Each file is replaced atomically. Files in these formats that an
    earlier report wrote and this one does not are removed; other files are left alone.

    Args:
        results: one row per trial and evaluated dataset, with `frames.RESULT_COLUMNS`, in any
            order.
        history: one row per trial, event and evaluated dataset, with `frames.HISTORY_COLUMNS` and,
            for searches that run in epochs, `frames.EPOCH_COLUMNS`.
        manifest: how the results came about.
        out: the folder; created if missing.
        formats: any of `FORMATS`.
        reference: reference results to show in rows of their own.
        control: a method, or a row where a method has several, that all others are compared with
            in addition to random architectures.

    Raises:
        UserError: a format or the control is unknown, reference results hold a machinery check, or
            the folder cannot be written.
    """
    chosen = _checked_formats(formats)
    document = compose_document(results, history, manifest, reference, control)
    files: dict[str, bytes] = {}
    for table in document.of_type(Table):
        if "csv" in chosen:
            files[f"tables/{table.name}.csv"] = table_to_csv(table).encode()
        if "tex" in chosen:
            files[f"tables/{table.name}.tex"] = table_to_latex(table).encode()
    for picture in document.of_type(Picture):
        files[f"figures/{picture.name}.svg"] = picture.svg
        files[f"figures/{picture.name}.pdf"] = picture.pdf
    if "md" in chosen:
        files["report.md"] = document_to_markdown(document).encode()
    if "pdf" in chosen:
        files["report.pdf"] = document_to_pdf(document)
    _remove_stale(out, files)
    for name, content in files.items():
        write_bytes(out / name, content)
    return {name: out / name for name in files}


def _checked_formats(formats: Iterable[str]) -> tuple[str, ...]:
    chosen = tuple(formats)
    for name in chosen:
        if name not in FORMATS:
            raise unknown("report format", name, FORMATS)
    return chosen


def _remove_stale(out: Path, files: Iterable[str]) -> None:
    """Remove files of an earlier report that are of the kinds written now, but not among them.

    The names of all files that reports wrote are kept in a listing beside them.
    """
    listing = out / _LISTING
    names = set(files)
    earlier = set(listing.read_text(encoding="utf-8").splitlines()) if listing.is_file() else set()
    kinds = {_kind(name) for name in names}
    stale = {name for name in earlier - names if _kind(name) in kinds}
    for name in stale:
        (out / name).unlink(missing_ok=True)
    ours = sorted(names | (earlier - stale))
    write_bytes(listing, "".join(f"{name}\n" for name in ours).encode())


def _kind(name: str) -> tuple[str, str]:
    """Return folder and suffix: report.pdf is of another kind than a figure's PDF."""
    path = Path(name)
    return str(path.parent), path.suffix
