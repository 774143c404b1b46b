"""Tables are checked when they are made."""

from __future__ import annotations

import pytest

from reports.tables.cells import (
    text_cell,
)
from reports.tables.table import Block, Column, Table


def test_a_row_that_does_not_fit_its_columns_is_refused():
    with pytest.raises(ValueError, match="does not fit the columns"):
        Table("t", "", (Column("x", ("low", "high")),), (Block("", (), ((text_cell("1"),),)),))
