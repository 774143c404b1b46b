"""The files of a report: which, whole, and the same bytes for the same records."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.errors import UserError
from reports.report import write_report
from tests.reports.fake_trials import (
    DRAWN,
    GOOD,
    epochs_of,
    gradient_results,
    history_of,
    manifest,
    results_of,
)


@pytest.fixture(scope="module")
def frames() -> tuple[pd.DataFrame, pd.DataFrame]:
    search = results_of("random-search", 12, {"cifar10": GOOD["cifar10"]})
    random = results_of("random", 12, {"cifar10": DRAWN["cifar10"]})
    return pd.concat([search, random], ignore_index=True), history_of(search)


@pytest.fixture(scope="module")
def written(
    frames: tuple[pd.DataFrame, pd.DataFrame], tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Path]:
    return write_report(*frames, manifest(), tmp_path_factory.mktemp("report"))


def test_every_form_is_written(written: dict[str, Path]):
    name = "nas-bench-201-cifar10-paper"
    expected = {"report.pdf", "report.md", "tables/reproduction.csv", "tables/reproduction.tex"}
    expected |= {f"tables/{table}-{name}.csv" for table in ("main", "against-random", "cost")}
    expected |= {f"figures/{f}-{name}.{e}" for f in ("seeds", "anytime") for e in ("svg", "pdf")}
    assert expected <= set(written)
    assert written["report.pdf"].read_bytes().startswith(b"%PDF-")
    folder = written["report.md"].parent
    on_disk = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert on_disk == {*written, ".report-files"}  # no temporary file is left


def test_markdown_shows_figures_that_exist(written: dict[str, Path]):
    text = written["report.md"].read_text()
    links = [line.split("](")[1].rstrip(")") for line in text.splitlines() if line.startswith("![")]
    assert len(links) == 2
    assert set(links) <= set(written)


def test_same_records_same_bytes_in_any_order(
    frames: tuple[pd.DataFrame, pd.DataFrame], written: dict[str, Path], tmp_path: Path
):
    results, history = (frame.sample(frac=1, random_state=7) for frame in frames)
    again = write_report(results, history, manifest(), tmp_path)
    assert set(again) == set(written)
    changed = [name for name in again if again[name].read_bytes() != written[name].read_bytes()]
    assert changed == []


def test_figures_of_gradient_searches_are_written_in_any_order(tmp_path: Path):
    found = gradient_results(collapsing=(1,))
    found = found.loc[found["dataset"].eq("cifar10")]
    history = epochs_of(found, epochs=3)
    first = write_report(found, history, manifest(), tmp_path / "first", ("md",))
    name = "nas-bench-201-cifar10-paper"
    stems = [f"{figure}-{name}" for figure in ("seeds", "trajectory", "health", "cells")]
    assert set(first) == {"report.md", *(f"figures/{s}.{e}" for s in stems for e in ("svg", "pdf"))}
    text = first["report.md"].read_text()
    places = [text.index(f"figures/{stem}.svg") for stem in stems]
    assert places == sorted(places)
    found, history = (frame.sample(frac=1, random_state=5) for frame in (found, history))
    second = write_report(found, history, manifest(), tmp_path / "second", ("md",))
    changed = [n for n in first if first[n].read_bytes() != second[n].read_bytes()]
    assert changed == []


def test_another_record_changes_the_report(
    frames: tuple[pd.DataFrame, pd.DataFrame], written: dict[str, Path], tmp_path: Path
):
    results = frames[0].copy()
    results.loc[0, "test_value"] += 0.5
    again = write_report(results, frames[1], manifest(), tmp_path, ("pdf", "csv"))
    for name in ("report.pdf", "tables/main-nas-bench-201-cifar10-paper.csv"):
        assert again[name].read_bytes() != written[name].read_bytes()


def test_only_the_asked_forms_are_written(
    frames: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
):
    files = write_report(*frames, manifest(), tmp_path, ("csv",))
    assert {Path(name).suffix for name in files if name.startswith("tables/")} == {".csv"}
    assert "report.pdf" not in files


def test_an_unknown_format_is_named_and_corrected(tmp_path: Path):
    with pytest.raises(UserError, match=r"Unknown report format 'pfd'. Did you mean 'pdf'\?"):
        write_report(pd.DataFrame(), pd.DataFrame(), manifest(), tmp_path, ("pfd",))
    assert not list(tmp_path.iterdir())


def test_a_named_control_adds_a_table_and_an_unknown_one_writes_nothing(
    frames: tuple[pd.DataFrame, pd.DataFrame], tmp_path: Path
):
    with pytest.raises(UserError, match="Unknown control 'asap'. Known: random, random-search"):
        write_report(*frames, manifest(), tmp_path, ("csv",), control="asap")
    assert not list(tmp_path.iterdir())
    files = write_report(*frames, manifest(), tmp_path, ("csv",), control="random-search")
    text = files["tables/against-control-nas-bench-201-cifar10-paper.csv"].read_text()
    assert len(text.splitlines()) == 2


def test_an_empty_report_is_a_report(tmp_path: Path):
    files = write_report(pd.DataFrame(), pd.DataFrame(), manifest(generated_at=None), tmp_path)
    assert files["report.pdf"].read_bytes().startswith(b"%PDF-")


def test_texts_of_results_are_never_markup(tmp_path: Path):
    hostile = "*x* #panic() $y$ `z` <w> @v \\u"
    results = results_of("random-search", 2, overrides=hostile)
    results.loc[results["seed"].eq(1), ["state", "reason", "test_value"]] = [
        "oom",
        hostile,
        None,
    ]
    files = write_report(results, pd.DataFrame(), manifest(footnotes=(hostile,)), tmp_path)
    assert files["report.pdf"].stat().st_size > 10_000


def test_importing_the_package_is_cheap():
    code = "import reports, reports.manifest, sys; print('pandas' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_the_report_runs_without_torch():
    code = "import reports.report, sys; print('torch' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_stale_files_go_and_others_stay(frames, tmp_path):
    """Stale is what an earlier report wrote in a form that is written now."""
    results, history = frames
    write_report(results, history, manifest(), tmp_path, ("md", "csv"))
    mine = tmp_path / "tables" / "mine.csv"
    mine.write_text("a,b\n")
    one = results[results["dataset"].eq("cifar10")].assign(protocol="common")
    for _ in range(2):
        files = write_report(one, history, manifest(), tmp_path, ("csv",))
        there = {str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*") if path.is_file()}
        assert there == {*files, "tables/mine.csv", "report.md", ".report-files"}
