"""A document and its elements, before it takes any format."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import TypeVar

from reports.figures.canvas import Picture
from reports.tables.table import Table

_CODE_WIDTH = 88


@dataclass(frozen=True)
class Code:
    """Command lines to copy; long ones are continued with backslashes."""

    text: str

    @classmethod
    def from_commands(cls, commands: str) -> Code:
        """Wrap commands, given one per line."""
        return cls("\n".join(map(_wrapped, commands.splitlines())))


def _wrapped(command: str) -> str:
    lines = textwrap.wrap(
        command, _CODE_WIDTH, subsequent_indent="    ",
        break_long_words=False, break_on_hyphens=False,
    )  # fmt: skip
    return " \\\n".join(lines)


@dataclass(frozen=True)
class Bullets:
    """A list of sentences."""

    items: tuple[str, ...]


Element = str | Code | Bullets | Table | Picture
E = TypeVar("E", Table, Picture)


@dataclass(frozen=True)
class Section:
    """A heading and the elements below it."""

    title: str
    elements: tuple[Element, ...]
    new_page: bool = False


@dataclass(frozen=True)
class Document:
    """A whole report, independent of its format."""

    title: str
    subtitle: str
    header: str
    """Printed at the top of every page; '' for none."""
    date: datetime | None
    """Time of the newest trial; None without trials."""
    sections: tuple[Section, ...]

    def of_type(self, kind: type[E]) -> Iterator[E]:
        """Yield the tables or the pictures, in order."""
        for section in self.sections:
            yield from (element for element in section.elements if isinstance(element, kind))
