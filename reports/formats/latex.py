"""Tables in LaTeX."""

from __future__ import annotations

from collections.abc import Iterable

from reports.tables.cells import MINUS
from reports.tables.table import Table


def table_to_latex(table: Table) -> str:
    """Return the table as a float; needs the package booktabs."""
    width = len(table.columns)
    lines = [
        r"\begin{table}",
        r"\centering",
        rf"\caption{{{escape_latex(table.caption)}}}",
        rf"\label{{tab:{table.name}}}",
        rf"\begin{{tabular}}{{{''.join(column.align[0] for column in table.columns)}}}",
        r"\toprule",
        _row(escape_latex(column.heading) for column in table.columns),
    ]
    for block in table.blocks:
        lines.append(r"\midrule")
        if block.heading:
            heading = rf"\textit{{{escape_latex(block.heading)}}}"
            lines.append(rf"\multicolumn{{{width}}}{{@{{}}p{{\linewidth}}@{{}}}}{{{heading}}} \\")
        for row in block.rows:
            lines.append(_row(escape_latex(cell.text) for cell in row))
    lines += [r"\bottomrule", r"\end{tabular}"]
    lines += [rf"\par\smallskip\footnotesize {escape_latex(note)}" for note in table.notes]
    return "\n".join([*lines, r"\end{table}"]) + "\n"


def _row(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"


_ESCAPES = {
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
    """Escape a text for LaTeX, plain pdfTeX included."""
    return "".join(_ESCAPES.get(character, character) for character in text.replace("\n", " "))
