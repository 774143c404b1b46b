"""Markdown shows texts literally."""

from __future__ import annotations

from reports.formats.latex import escape_latex
from reports.formats.markdown import escape_markdown, table_to_markdown
from tests.reports.formats.special_table import NEGATIVE, TABLE


def test_markdown_escapes_and_keeps_one_line_per_row():
    lines = table_to_markdown(TABLE).splitlines()
    assert lines[2] == "| Method\\_1 | Mean [95 %] |"
    assert lines[3] == "| :-- | --: |"
    assert lines[4].startswith(r"| a\_b 5 % R&D \#1 \$x\$ p\|q \*c\* \<i\> \~t ^u \\n")
    assert r"[1\](2)" in lines[4]
    assert lines[4].endswith(f"| {NEGATIVE} |")
    unescaped_bars = lines[4].replace(r"\|", "").count("|")
    assert unescaped_bars == 3


def test_escapes_leave_plain_words_alone():
    assert escape_latex("random-search, n = 4") == "random-search, n = 4"
    assert escape_markdown("[93.65, 93.71] (n = 4)") == "[93.65, 93.71] (n = 4)"
