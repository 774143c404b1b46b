"""The four forms of a table: literal texts for readers, exact values for machines."""

from __future__ import annotations

import csv
import io
import json
import math
from pathlib import Path

import pytest
import typst

from reports.statistics import Estimate
from reports.tables import (
    ABSENT,
    MINUS,
    Block,
    Cell,
    Column,
    Table,
    decimals_for,
    escape_latex,
    escape_markdown,
    estimate_cell,
    fixed,
    interval_cell,
    number_cell,
    text_cell,
    to_csv,
    to_latex,
    to_markdown,
    to_typst,
)

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


def test_csv_holds_exact_values_and_repeats_what_the_block_says():
    rows = list(csv.reader(io.StringIO(to_csv(TABLE))))
    assert rows == [
        ["dataset", "method", "mean", "low", "high"],
        ["cifar10", SPECIAL, "-0.2", "-0.31", "-0.09"],
        ["cifar10", "none", "", "", ""],
    ]


def test_csv_is_not_rounded():
    table = Table("t", "", (Column("x", ("x",)),), (Block("", (), ((number_cell(1 / 3, 1),),)),))
    assert to_csv(table) == f"x\n{1 / 3!r}\n"
    assert "| 0.3 |" in to_markdown(table)


def test_markdown_escapes_and_keeps_one_line_per_row():
    lines = to_markdown(TABLE).splitlines()
    assert lines[2] == "| Method\\_1 | Mean [95 %] |"
    assert lines[3] == "| :-- | --: |"
    assert lines[4].startswith(r"| a\_b 5 % R&D \#1 \$x\$ p\|q \*c\* \<i\> \~t ^u \\n")
    assert r"[1\](2)" in lines[4]
    assert lines[4].endswith(f"| {NEGATIVE} |")
    unescaped_bars = lines[4].replace(r"\|", "").count("|")
    assert unescaped_bars == 3


def test_latex_escapes_every_special_character():
    latex = to_latex(TABLE)
    expected = (
        r"a\_b 5 \% R\&D \#1 \$x\$ p\textbar{}q *c* \textless{}i\textgreater{} "
        r'\textasciitilde{}t \textasciicircum{}u \textbackslash{}n \{v\} "w" {[}1{]}(2)'
    )
    assert latex.count(expected) == 4  # caption, block heading, cell, note
    assert rf"{expected} & $-$0.20 {{[}}$-$0.31, $-$0.09{{]}} \\" in latex
    assert [latex.count(rule) for rule in (r"\toprule", r"\midrule", r"\bottomrule")] == [1, 1, 1]


def test_typst_sets_texts_literally(tmp_path: Path):
    document = tmp_path / "cells.typ"
    document.write_text(
        "#let part = json(bytes(sys.inputs.part))\n"
        "#for cell in part.blocks.first().rows.flatten() [#metadata(cell) <cell> #cell]\n"
    )
    inputs = {"part": json.dumps(to_typst(TABLE))}
    typst.compile(str(document), sys_inputs=inputs, format="svg", ignore_system_fonts=True)
    found = json.loads(
        typst.query(str(document), "<cell>", field="value", sys_inputs=inputs, format="json")
    )
    assert found == [SPECIAL, NEGATIVE, "none", ABSENT]


def test_a_row_that_does_not_fit_its_columns_is_refused():
    with pytest.raises(ValueError, match="does not fit the columns"):
        Table("t", "", (Column("x", ("low", "high")),), (Block("", (), ((text_cell("1"),),)),))


@pytest.mark.parametrize(
    ("half_width", "decimals"),
    [(5.8, 1), (0.31, 2), (0.12, 2), (0.031, 2), (12.0, 1), (0.0, 2), (math.nan, 2), (1.0, 1)],
)
def test_decimals_follow_the_interval(half_width: float, decimals: int):
    assert decimals_for(half_width) == decimals


def test_texts_of_estimates():
    assert estimate_cell(Estimate(94.361, 94.24, 94.48, 4, "t")).text == "94.36 [94.24, 94.48]"
    assert estimate_cell(Estimate(94.361, 90.0, 98.7, 4, "t")).text == "94.4 [90.0, 98.7]"
    none = math.nan
    assert interval_cell(Estimate(54.3, none, none, 4, "constant")).text == "all 4 equal"
    assert interval_cell(Estimate(54.3, none, none, 1, "single")).text == "one run"
    assert estimate_cell(Estimate(54.3, none, none, 4, "constant")).values == (54.3, None, None)
    assert estimate_cell(Estimate(none, none, none, 0, "none")).text == ABSENT


def test_numbers_have_a_minus_and_no_negative_zero():
    assert fixed(-1234.567, 1) == f"{MINUS}1,234.6"
    assert fixed(-0.001) == "0.00"
    assert fixed(0.5, sign=True) == "+0.50"
    assert fixed(math.inf) == "∞"


def test_escapes_leave_plain_words_alone():
    assert escape_latex("random-search, n = 4") == "random-search, n = 4"
    assert escape_markdown("[93.65, 93.71] (n = 4)") == "[93.65, 93.71] (n = 4)"
