"""Made-up reference results."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd

from reports.document.composition import compose_document
from reports.formats.csv import table_to_csv
from reports.frames import select
from reports.reference.files import write_reference
from reports.reference.results import Origin, ReferenceResults
from reports.tables.table import Table
from tests.reports.fake_trials import NO_HISTORY, epochs_of, manifest

ORIGIN = Origin(
    date=date(2026, 12, 1),
    device="one NVIDIA H100 80GB HBM3",
    command="python -m harness run --methods darts-1st --protocol paper --device cuda",
    commit="89abcdef" * 5,
    versions={"torch": "2.9.0", "numpy": "2.4.6"},
    note='Said "twice", in C:\\runs\nand µs.',
)
NAME = "2026-12-01-darts-1st-nas-bench-201"


def write_to(folder: Path, results: pd.DataFrame, name: str = NAME, **changes: object) -> Path:
    write_reference(results, epochs_of(results), replace(ORIGIN, **changes), folder / name)  # pyright: ignore
    return folder / name


def reference_of(results: pd.DataFrame, name: str = NAME) -> ReferenceResults:
    origin = replace(ORIGIN, date=date.fromisoformat(name[:10]))
    return ReferenceResults(name, origin, results, epochs_of(results))


def tables_of(results: pd.DataFrame, *reference: ReferenceResults) -> dict[str, str]:
    one = results if results.empty else select(results, results["dataset"].eq("cifar10"))
    report = compose_document(one, NO_HISTORY, manifest(), reference)
    return {table.name: table_to_csv(table) for table in report.of_type(Table)}
