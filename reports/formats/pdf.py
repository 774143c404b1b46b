"""Documents as PDF, typeset by Typst from the template `report.typ`."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import typst

from reports.document.elements import Bullets, Code, Document, Element
from reports.figures.canvas import Picture
from reports.formats.numbering import Numbering
from reports.tables.table import Table

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def document_to_pdf(document: Document) -> bytes:
    """Return the document as PDF; its only date is the document's own."""
    template = resources.files("reports.formats") / "report.typ"
    with resources.as_file(template) as path:
        pdf = typst.compile(
            str(path),
            format="pdf",
            sys_inputs={"report": json.dumps(_document_data(document), ensure_ascii=False)},
            ignore_system_fonts=True,
            timestamp=document.date or _EPOCH,
        )
    assert isinstance(pdf, bytes)  # without an output path, one PDF is returned
    return pdf


def _document_data(document: Document) -> dict[str, Any]:
    """Return the document as the data that the template reads."""
    numbering = Numbering()
    return {
        "title": document.title,
        "subtitle": document.subtitle,
        "header": document.header,
        "sections": [
            {
                "title": section.title,
                "new_page": section.new_page,
                "elements": [_element_data(element, numbering) for element in section.elements],
            }
            for section in document.sections
        ],
    }


def _element_data(element: Element, numbering: Numbering) -> dict[str, Any]:
    match element:
        case str():
            return {"kind": "text", "text": element}
        case Code():
            return {"kind": "code", "text": element.text}
        case Bullets():
            return {"kind": "bullets", "items": list(element.items)}
        case Table():
            return {"kind": "table", "label": numbering.next_label(element), **table_data(element)}
        case Picture():
            return {
                "kind": "picture",
                "label": numbering.next_label(element),
                "caption": element.caption,
                "svg": element.svg.decode(),
            }


def table_data(table: Table) -> dict[str, Any]:
    """Return the table as data for the template, which sets strings literally."""
    return {
        "caption": table.caption,
        "columns": [{"heading": c.heading, "align": c.align} for c in table.columns],
        "blocks": [
            {"heading": block.heading, "rows": [[cell.text for cell in row] for row in block.rows]}
            for block in table.blocks
        ],
        "notes": list(table.notes),
    }
