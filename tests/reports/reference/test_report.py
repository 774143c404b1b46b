"""Reference results in a report."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.errors import UserError
from reports.document.composition import compose_document
from reports.formats.markdown import document_to_markdown
from reports.frames import select
from reports.reference.files import read_reference
from reports.report import write_report
from tests.reports.fake_trials import NO_HISTORY, manifest, results_of
from tests.reports.reference.fake_reference import (
    NAME,
    ORIGIN,
    reference_of,
    tables_of,
    write_to,
)


def test_the_first_page_says_how_reference_results_came_about(searches: pd.DataFrame):
    fresh = results_of("random-search", 3)
    tables = tables_of(fresh, reference_of(searches))
    (line,) = csv.DictReader(io.StringIO(tables["reference"]))
    assert line["method"] == "darts-1st, reference 2026-12-01"
    assert (line["reference"], line["date"], line["protocol"]) == (NAME, "2026-12-01", "paper")
    assert (line["device"], line["commit"]) == (ORIGIN.device, ORIGIN.commit)
    assert (line["command"], line["seeds"], line["runs"]) == (ORIGIN.command, "0 to 3", "4")
    assert line["states"] == "3 done, 1 failed; 1 collapsed (6 to 79 %)"
    assert "reference" not in tables["runs"]
    report = compose_document(fresh, NO_HISTORY, manifest(), [reference_of(searches)])
    text = document_to_markdown(report)
    assert "Reference results: run earlier" in text
    assert ORIGIN.command in text


def test_reference_results_are_compared_with_published_ones(searches: pd.DataFrame):
    reproduction = tables_of(results_of("random-search", 3), reference_of(searches))["reproduction"]
    assert "darts-1st, reference 2026-12-01" in reproduction
    assert "undecided" in reproduction


def test_a_report_on_reference_results_alone(searches: pd.DataFrame):
    report = compose_document(NO_HISTORY, NO_HISTORY, manifest(), [reference_of(searches)])
    text = document_to_markdown(report)
    assert "No trials have been run yet." in text
    assert "What was run" not in text
    assert "darts-1st, reference 2026-12-01" in text


def test_machinery_checks_are_refused(searches: pd.DataFrame, tmp_path: Path):
    shown = manifest(machinery_checks=frozenset({"quick"}))
    quick = reference_of(searches.assign(protocol="quick"))
    with pytest.raises(UserError, match=f"Leave it out of {NAME}."):
        write_report(NO_HISTORY, NO_HISTORY, shown, tmp_path, reference=[quick])
    assert list(tmp_path.iterdir()) == []


def test_reference_results_read_from_files_make_the_same_report(
    searches: pd.DataFrame, tmp_path: Path
):
    one = select(searches, searches["dataset"].eq("cifar10"))
    folder = tmp_path / "reference"
    write_to(folder, one)
    fresh = results_of("darts-1st", 2, {"cifar10": (90.0, 1.0)})
    forms = ("md", "pdf")
    contents = []
    for number, shown in enumerate(
        ([reference_of(one)], read_reference(folder), read_reference(tmp_path / "nowhere"))
    ):
        out = tmp_path / str(number)
        files = write_report(fresh, NO_HISTORY, manifest(), out, forms, shown)
        contents.append({name: path.read_bytes() for name, path in files.items()})
    assert contents[0] == contents[1]
    assert contents[0]["report.md"] != contents[2]["report.md"]
