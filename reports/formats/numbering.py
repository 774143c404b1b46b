"""Numbers of tables and figures, in the order of the document."""

from __future__ import annotations

from reports.figures.canvas import Picture
from reports.tables.table import Table


class Numbering:
    """Counts the tables and figures of one document."""

    def __init__(self) -> None:
        self._tables = 0
        self._figures = 0

    def next_label(self, element: Table | Picture) -> str:
        """Return the label of the next table or figure, such as `Table 3.`."""
        if isinstance(element, Table):
            self._tables += 1
            return f"Table {self._tables}."
        self._figures += 1
        return f"Figure {self._figures}."
