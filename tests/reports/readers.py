"""What a table or a report says, read back by a test."""

from __future__ import annotations

import csv
import io
from typing import Any

import pandas as pd

from reports.document.composition import compose_document
from reports.formats.csv import table_to_csv
from reports.formats.markdown import document_to_markdown
from reports.frames import select
from reports.tables.table import Table
from tests.reports.fake_trials import (
    NO_HISTORY,
    manifest,
)


def rows_of(table: Table | None) -> list[dict[str, str]]:
    assert table is not None
    return list(csv.DictReader(io.StringIO(table_to_csv(table))))


def markdown(results: pd.DataFrame, **changes: Any) -> str:
    """The report on one dataset: every figure less is a second less."""
    results = results if results.empty else select(results, results["dataset"].eq("cifar10"))
    return document_to_markdown(compose_document(results, NO_HISTORY, manifest(**changes)))
