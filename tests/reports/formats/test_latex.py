"""LaTeX shows texts literally."""

from __future__ import annotations

from reports.formats.latex import table_to_latex
from tests.reports.formats.special_table import TABLE


def test_latex_escapes_every_special_character():
    latex = table_to_latex(TABLE)
    expected = (
        r"a\_b 5 \% R\&D \#1 \$x\$ p\textbar{}q *c* \textless{}i\textgreater{} "
        r'\textasciitilde{}t \textasciicircum{}u \textbackslash{}n \{v\} "w" {[}1{]}(2)'
    )
    assert latex.count(expected) == 4  # caption, block heading, cell, note
    assert rf"{expected} & $-$0.20 {{[}}$-$0.31, $-$0.09{{]}} \\" in latex
    assert [latex.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]
