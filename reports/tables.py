"""A table, and the four forms it is written in: Typst, Markdown, LaTeX and CSV.

A cell carries a text for readers and values for machines. The texts are rounded as the interval
asks, the values are not rounded at all.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from reports.statistics import Estimate

ABSENT = "\N{EN DASH}"
MINUS = "\N{MINUS SIGN}"

Alignment = Literal["left", "right", "center"]
Value = str | float | int | None


@dataclass(frozen=True)
class Cell:
    """What stands at one place of a table."""

    text: str
    values: tuple[Value, ...]
    """One for each field of the cell's column."""


@dataclass(frozen=True)
class Column:
    """A column: one heading for readers, one or more fields for machines."""

    heading: str
    fields: tuple[str, ...]
    align: Alignment = "right"


@dataclass(frozen=True)
class Block:
    """Rows under a common heading."""

    heading: str
    """Empty for a table with a single block."""
    values: tuple[Value, ...]
    """One for each of the table's block fields: CSV repeats them in every row."""
    rows: tuple[tuple[Cell, ...], ...]


@dataclass(frozen=True)
class Table:
    """A table with its caption and notes; numbered by the document that holds it."""

    name: str
    """Stem of its files' names."""
    caption: str
    columns: tuple[Column, ...]
    blocks: tuple[Block, ...]
    block_fields: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for block in self.blocks:
            if len(block.values) != len(self.block_fields):
                raise ValueError(f"Table {self.name}: a block without a value for each field.")
            for row in block.rows:
                if [len(cell.values) for cell in row] != [len(c.fields) for c in self.columns]:
                    raise ValueError(f"Table {self.name}: a row does not fit the columns.")


def decimals_for(half_width: float) -> int:
    """Return the decimals that an interval of this half-width supports.

    Two significant digits of the half-width, at least one decimal and at most two: one image of a
    test set of 10,000 is 0.01 points.
    """
    if not math.isfinite(half_width) or half_width <= 0:
        return 2
    return min(2, max(1, 1 - math.floor(math.log10(half_width))))


def fixed(value: float, decimals: int = 2, *, sign: bool = False) -> str:
    """Write a number with a typographic minus; the absent and the infinite have words as well."""
    if math.isnan(value):
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:{'+' if sign else ''},.{decimals}f}"
    if float(text.replace(",", "")) == 0:  # not "-0.00"
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def span(low: float, high: float, decimals: int = 2, *, sign: bool = False) -> str:
    """Write an interval."""
    return f"[{fixed(low, decimals, sign=sign)}, {fixed(high, decimals, sign=sign)}]"


def text_cell(text: str, *values: Value) -> Cell:
    """Make a cell of words; its value is the text itself unless another is given."""
    return Cell(text, values or (text,))


def number_cell(value: float, decimals: int = 2, *, sign: bool = False) -> Cell:
    """Make a cell of one number."""
    return Cell(fixed(value, decimals, sign=sign), (_bare(value),))


def count_cell(value: int) -> Cell:
    """Make a cell of a whole number."""
    return Cell(f"{value:,}", (value,))


def interval_cell(estimate: Estimate, *, sign: bool = False) -> Cell:
    """Make a cell of an interval's ends, or of the reason why there is none."""
    low, high = estimate.low, estimate.high
    match estimate.kind:
        case "none":
            text = ABSENT
        case "single":
            text = "one run"
        case "constant":
            text = f"all {estimate.n} equal"
        case _:
            text = span(low, high, decimals_for(estimate.half_width), sign=sign)
    return Cell(text, (_bare(low), _bare(high)))


def estimate_cell(estimate: Estimate, *, sign: bool = False) -> Cell:
    """Make a cell of an estimate with its interval."""
    if estimate.kind == "none":
        return Cell(ABSENT, (None, None, None))
    interval = interval_cell(estimate, sign=sign)
    decimals = decimals_for(estimate.half_width)
    ends = interval.text if interval.text.startswith("[") else f"({interval.text})"
    text = f"{fixed(estimate.value, decimals, sign=sign)} {ends}"
    return Cell(text, (_bare(estimate.value), *interval.values))


def to_typst(table: Table) -> dict[str, Any]:
    """Return the table as data for the Typst template, which sets strings literally."""
    return {
        "caption": table.caption,
        "columns": [{"heading": c.heading, "align": c.align} for c in table.columns],
        "blocks": [
            {"heading": block.heading, "rows": [[cell.text for cell in row] for row in block.rows]}
            for block in table.blocks
        ],
        "notes": list(table.notes),
    }


def to_markdown(table: Table) -> str:
    """Return the table in GitHub's Markdown, without its caption and notes.

    Markdown has no cells that span columns, so each block is a table under its heading.
    """
    marks = {"left": ":--", "right": "--:", "center": ":-:"}
    head = [
        _markdown_row(escape_markdown(column.heading) for column in table.columns),
        _markdown_row(marks[column.align] for column in table.columns),
    ]
    pieces = []
    for block in table.blocks:
        heading = [f"*{escape_markdown(block.heading)}*\n"] if block.heading else []
        rows = [_markdown_row(escape_markdown(cell.text) for cell in row) for row in block.rows]
        pieces.append("\n".join([*heading, *head, *rows]) + "\n")
    return "\n".join(pieces)


def to_latex(table: Table) -> str:
    """Return the table as a LaTeX float; it needs the package booktabs."""
    width = len(table.columns)
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape_latex(table.caption)}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{{''.join(column.align[0] for column in table.columns)}}}",
        r"\toprule",
        _latex_row(escape_latex(column.heading) for column in table.columns),
    ]
    for block in table.blocks:
        lines.append(r"\midrule")
        if block.heading:
            heading = rf"\textit{{{escape_latex(block.heading)}}}"
            lines.append(rf"\multicolumn{{{width}}}{{@{{}}p{{\linewidth}}@{{}}}}{{{heading}}} \\")
        for row in block.rows:
            lines.append(_latex_row(escape_latex(cell.text) for cell in row))
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par\smallskip\footnotesize {escape_latex(note)}" for note in table.notes]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def to_csv(table: Table) -> str:
    """Return the table's values, one line per row, at full precision."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow([*table.block_fields, *(f for column in table.columns for f in column.fields)])
    for block in table.blocks:
        for row in block.rows:
            writer.writerow([*block.values, *(value for cell in row for value in cell.values)])
    return stream.getvalue()


def escape_markdown(text: str) -> str:
    """Make a text literal inside a Markdown table or paragraph."""
    flat = text.replace("\n", " ")
    # A closing bracket matters only where a link could follow; intervals stay readable.
    return re.sub(r"[\\`*_<>#|$~]|\](?=[(\[:])", r"\\\g<0>", flat)


_LATEX = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    **{character: "\\" + character for character in "&%$#_{}"},
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    # In front of these, LaTeX would read an optional argument after a row's end.
    "[": "{[}",
    "]": "{]}",
    MINUS: "$-$",
    "±": r"$\pm$",
    "∞": r"$\infty$",
    "≥": r"$\geq$",
    "≤": r"$\leq$",
    "\N{MULTIPLICATION SIGN}": r"$\times$",
    "\N{EN DASH}": "--",
    "†": r"\textdagger{}",
}  # fmt: skip


def escape_latex(text: str) -> str:
    """Make a text literal in LaTeX, for plain pdfTeX as well."""
    return "".join(_LATEX.get(character, character) for character in text.replace("\n", " "))


def _bare(value: float) -> float | None:
    return None if math.isnan(value) else float(value)


def _markdown_row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _latex_row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"
