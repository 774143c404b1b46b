"""The two forms of a whole report: Markdown, and PDF by Typst."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from importlib import resources
from typing import Any

import typst

from reports import tables
from reports.figures import Picture
from reports.pages import Bullets, Code, Part, Report
from reports.tables import Table, escape_markdown

_BEGINNING = datetime(1970, 1, 1, tzinfo=UTC)


def to_markdown(report: Report) -> str:
    """Return the report in GitHub's Markdown; it shows the figures' SVG files."""
    pieces = [f"# {escape_markdown(report.title)}", escape_markdown(report.subtitle)]
    numbers = _Numbers()
    for section in report.sections:
        if section.title:
            pieces.append(f"## {escape_markdown(section.title)}")
        pieces += [_markdown_part(part, numbers) for part in section.parts]
    return "\n\n".join(piece.rstrip("\n") for piece in pieces) + "\n"


def to_pdf(report: Report) -> bytes:
    """Return the report as a PDF; its only date is that of the newest record."""
    template = resources.files("reports") / "templates" / "report.typ"
    with resources.as_file(template) as path:
        made = typst.compile(
            str(path),
            format="pdf",
            sys_inputs={"report": json.dumps(typst_data(report), ensure_ascii=False)},
            ignore_system_fonts=True,
            timestamp=report.manifest.generated_at or _BEGINNING,
        )
    assert isinstance(made, bytes)  # without an output path, one PDF is returned
    return made


def typst_data(report: Report) -> dict[str, Any]:
    """Return the report as the data that the template reads."""
    numbers = _Numbers()
    return {
        "title": report.title,
        "subtitle": report.subtitle,
        "header": report.header,
        "sections": [
            {
                "title": section.title,
                "new_page": section.new_page,
                "parts": [_typst_part(part, numbers) for part in section.parts],
            }
            for section in report.sections
        ],
    }


class _Numbers:
    """Numbers tables and figures in the order of the document."""

    def __init__(self) -> None:
        self._tables = 0
        self._figures = 0

    def label(self, part: Table | Picture) -> str:
        if isinstance(part, Table):
            self._tables += 1
            return f"Table {self._tables}."
        self._figures += 1
        return f"Figure {self._figures}."


def _markdown_part(part: Part, numbers: _Numbers) -> str:
    match part:
        case str():
            return escape_markdown(part)
        case Code():
            return f"```sh\n{part.text}\n```"
        case Bullets():
            return "\n".join(f"- {escape_markdown(item)}" for item in part.items)
        case Table():
            caption = f"**{numbers.label(part)}** {escape_markdown(part.caption)}"
            notes = [escape_markdown(note) for note in part.notes]
            return "\n\n".join([caption, tables.to_markdown(part).rstrip("\n"), *notes])
        case Picture():
            caption = f"**{numbers.label(part)}** {escape_markdown(part.caption)}"
            return f"![{part.name}](figures/{part.name}.svg)\n\n{caption}"


def _typst_part(part: Part, numbers: _Numbers) -> dict[str, Any]:
    match part:
        case str():
            return {"kind": "text", "text": part}
        case Code():
            return {"kind": "code", "text": part.text}
        case Bullets():
            return {"kind": "bullets", "items": list(part.items)}
        case Table():
            return {"kind": "table", "label": numbers.label(part), **tables.to_typst(part)}
        case Picture():
            return {
                "kind": "picture",
                "label": numbers.label(part),
                "caption": part.caption,
                "svg": part.svg.decode(),
            }
