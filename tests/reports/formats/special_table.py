"""A table full of characters that mean something in some format."""

from __future__ import annotations

from reports.tables.cells import (
    ABSENT,
    MINUS,
    text_cell,
)
from reports.tables.table import Block, Cell, Column, Table

SPECIAL = r'a_b 5 % R&D #1 $x$ p|q *c* <i> ~t ^u \n {v} "w" [1](2)'


NEGATIVE = "-0.20 [-0.31, -0.09]".replace("-", MINUS)


TABLE = Table(
    "special",
    f"Caption {SPECIAL}",
    (Column("Method_1", ("method",), "left"), Column("Mean [95 %]", ("mean", "low", "high"))),
    (
        Block(
            SPECIAL,
            ("cifar10",),
            (
                (text_cell(SPECIAL), Cell(NEGATIVE, (-0.2, -0.31, -0.09))),
                (text_cell("none"), Cell(ABSENT, (None, None, None))),
            ),
        ),
    ),
    ("dataset",),
    (f"Note {SPECIAL}",),
)
