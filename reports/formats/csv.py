"""Tables as CSV, for machines."""

from __future__ import annotations

import csv
import io

from reports.tables.table import Table


def table_to_csv(table: Table) -> str:
    """Return the table's values, one line per row, at full precision."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*table.block_fields, *(f for column in table.columns for f in column.fields)])
    for block in table.blocks:
        for row in block.rows:
            writer.writerow([*block.values, *(value for cell in row for value in cell.values)])
    return stream.getvalue()
