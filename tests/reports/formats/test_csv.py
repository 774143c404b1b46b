"""CSV holds exact values."""

from __future__ import annotations

import csv
import io

from reports.formats.csv import table_to_csv
from reports.formats.markdown import table_to_markdown
from reports.tables.cells import (
    number_cell,
)
from reports.tables.table import Block, Column, Table
from tests.reports.formats.special_table import SPECIAL, TABLE


def test_csv_holds_exact_values_and_repeats_what_the_block_says():
    rows = list(csv.reader(io.StringIO(table_to_csv(TABLE))))
    assert rows == [
        ["dataset", "method", "mean", "low", "high"],
        ["cifar10", SPECIAL, "-0.2", "-0.31", "-0.09"],
        ["cifar10", "none", "", "", ""],
    ]


def test_csv_is_not_rounded():
    table = Table("t", "", (Column("x", ("x",)),), (Block("", (), ((number_cell(1 / 3, 1),),)),))
    assert table_to_csv(table) == f"x\n{1 / 3!r}\n"
    assert "| 0.3 |" in table_to_markdown(table)
