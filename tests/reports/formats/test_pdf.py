"""Typst shows texts literally."""

from __future__ import annotations

import json
from pathlib import Path

import typst

from reports.formats.pdf import table_data
from reports.tables.cells import (
    ABSENT,
)
from tests.reports.formats.special_table import NEGATIVE, SPECIAL, TABLE


def test_typst_sets_texts_literally(tmp_path: Path):
    document = tmp_path / "cells.typ"
    document.write_text(
        "#let part = json(bytes(sys.inputs.part))\n"
        "#for cell in part.blocks.first().rows.flatten() [#metadata(cell) <cell> #cell]\n"
    )
    inputs = {"part": json.dumps(table_data(TABLE))}
    typst.compile(str(document), sys_inputs=inputs, format="svg", ignore_system_fonts=True)
    found = json.loads(
        typst.query(str(document), "<cell>", field="value", sys_inputs=inputs, format="json")
    )
    assert found == [SPECIAL, NEGATIVE, "none", ABSENT]
