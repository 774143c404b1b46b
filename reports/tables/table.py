"""A table before it takes any format: texts for readers, exact values for machines."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Alignment = Literal["left", "right", "center"]
Value = str | float | int | None


@dataclass(frozen=True)
class Cell:
    """A cell of a table."""

    text: str
    values: tuple[Value, ...]
    """One for each field of the cell's column."""


Rows = tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Column:
    """A column: one heading for readers, one or more fields for machines."""

    heading: str
    fields: tuple[str, ...]
    align: Alignment = "right"


@dataclass(frozen=True)
class Block:
    """Rows under a shared heading."""

    heading: str
    """'' in a table with a single block."""
    values: tuple[Value, ...]
    """One for each of the table's block fields: CSV repeats them in every row."""
    rows: Rows


@dataclass(frozen=True)
class Table:
    """A table with its caption and notes; numbered by the document that holds it."""

    name: str
    """File name without suffix."""
    caption: str
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    block_fields: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for block in self.blocks:
            if len(block.values) != len(self.block_fields):
                raise ValueError(f"Table {self.name}: a block does not have one value per field.")
            for row in block.rows:
                if [len(cell.values) for cell in row] != [len(c.fields) for c in self.columns]:
                    raise ValueError(f"Table {self.name}: a row does not fit the columns.")
