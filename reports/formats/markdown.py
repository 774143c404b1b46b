"""Documents and tables in GitHub's Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable

from reports.document.elements import Bullets, Code, Document, Element
from reports.figures.canvas import Picture
from reports.formats.numbering import Numbering
from reports.tables.table import Table

_MARKS = {"left": ":--", "right": "--:", "center": ":-:"}


def document_to_markdown(document: Document) -> str:
    """Return the document, which links to the SVG files of its figures."""
    pieces = [f"# {escape_markdown(document.title)}", escape_markdown(document.subtitle)]
    numbering = Numbering()
    for section in document.sections:
        if section.title:
            pieces.append(f"## {escape_markdown(section.title)}")
        pieces += [_element_to_markdown(element, numbering) for element in section.elements]
    return "\n\n".join(piece.rstrip("\n") for piece in pieces) + "\n"


def _element_to_markdown(element: Element, numbering: Numbering) -> str:
    match element:
        case str():
            return escape_markdown(element)
        case Code():
            return f"```sh\n{element.text}\n```"
        case Bullets():
            return "\n".join(f"- {escape_markdown(item)}" for item in element.items)
        case Table():
            caption = f"**{numbering.next_label(element)}** {escape_markdown(element.caption)}"
            notes = [escape_markdown(note) for note in element.notes]
            return "\n\n".join([caption, table_to_markdown(element).rstrip("\n"), *notes])
        case Picture():
            caption = f"**{numbering.next_label(element)}** {escape_markdown(element.caption)}"
            return f"![{element.name}](figures/{element.name}.svg)\n\n{caption}"


def table_to_markdown(table: Table) -> str:
    """Return the table without its caption and notes.

    Markdown has no cells that span columns, so each block is a table under its heading.
    """
    head = [
        _row(escape_markdown(column.heading) for column in table.columns),
        _row(_MARKS[column.align] for column in table.columns),
    ]
    pieces = []
    for block in table.blocks:
        heading = [f"*{escape_markdown(block.heading)}*\n"] if block.heading else []
        rows = [_row(escape_markdown(cell.text) for cell in row) for row in block.rows]
        pieces.append("\n".join([*heading, *head, *rows]) + "\n")
    return "\n".join(pieces)


def escape_markdown(text: str) -> str:
    """Escape a text for a Markdown table or paragraph."""
    flat = text.replace("\n", " ")
    # A closing bracket matters only where a link could follow; intervals stay readable.
    return re.sub(r"[\\`*_<>#|$~]|\](?=[(\[:])", r"\\\g<0>", flat)


def _row(cells: Iterable[str]) -> str:
    return f"| {' | '.join(cells)} |"
