"""The look of methods and operations, the same in every figure of every report.

A look is a function of the name alone. Names of this harness have fixed looks; any other name, such
as that of a plug-in, gets one by its hash from colours, lines and markers that no fixed look has.
Two such names coincide with probability 1/120.

Fixed colours are those of Okabe and Ito, "Color Universal Design" (2008), and a few more; free
colours were chosen to stay apart from them and from each other under protanopia and deuteranopia.
Lines, markers and hatches differ as well, so colour is never the only cue.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

Line = str | tuple[int, tuple[float, ...]]
Marker = str | tuple[int, Literal[1], int]


@dataclass(frozen=True)
class Look:
    """How a method or an operation is drawn."""

    colour: str
    line: Line = "-"
    """A Matplotlib line style."""
    marker: Marker = "o"
    """A Matplotlib marker."""
    hatch: str = ""
    """A Matplotlib hatch, for areas."""


INK = "#222222"
FAINT = "#8a8a8a"

_DASH_DOT_DOT = (0, (4.0, 1.2, 1.0, 1.2, 1.0, 1.2))
METHOD_LOOKS = {
    "random": Look("#767676", ":", "o"),
    "random-search": Look("#0072B2", "-", "s"),
    "random-ws": Look("#56B4E9", _DASH_DOT_DOT, "8"),
    "darts-1st": Look("#D55E00", "-", "^"),
    "darts-2nd": Look("#E69F00", "--", "v"),
    "pc-darts": Look("#009E73", "-", ">"),
    "rf-darts": Look("#CC79A7", "-", "<"),
    "rf-pcdarts": Look("#882E72", "-.", "p"),
    "asap": Look("#000000", "--", "h"),
}

_DASHED, _DOTTED = (0, (4.0, 1.5)), (0, (1.5, 1.0))
OPERATION_LOOKS = {
    "none": Look("#D9D9D9", (0, (1.0, 2.0))),
    "skip_connect": Look("#D55E00", _DASHED),
    "nor_conv_1x1": Look("#56B4E9", "-"),
    "nor_conv_3x3": Look("#0072B2", "-"),
    "sep_conv_3x3": Look("#0072B2", "-."),
    "sep_conv_5x5": Look("#332288", "-."),
    "dil_conv_3x3": Look("#56B4E9", "--"),
    "dil_conv_5x5": Look("#CC79A7", "--"),
    "avg_pool_3x3": Look("#009E73", _DOTTED),
    "max_pool_3x3": Look("#E69F00", _DOTTED),
    "noise": Look("#000000", ":"),
    # Recurrent cells.
    "identity": Look("#D55E00", "-."),
    "tanh": Look("#009E73", "-"),
    "relu": Look("#E69F00", "-"),
    "sigmoid": Look("#CC79A7", "-"),
}

FREE_COLOURS = ("#D41159", "#8B5CF6", "#B5179E", "#994F00", "#8FBC5A", "#661100")
# Each line and marker with its part of the hatch, so that areas differ wherever looks do.
FREE_LINES: tuple[tuple[Line, str], ...] = (
    ((0, (8.0, 2.0)), "///"),
    ((0, (8.0, 2.0, 2.0, 2.0)), "\\\\\\"),
    ((0, (8.0, 1.0, 2.0, 1.0, 2.0, 1.0)), "|||"),
    ((0, (2.5, 2.5)), "---"),
)
FREE_MARKERS: tuple[tuple[Marker, str], ...] = (
    ("*", ""), ("P", "."), ("X", "o"), ((4, 1, 0), "*"), ((3, 1, 0), "x"),
)  # fmt: skip


def method_look(method: str) -> Look:
    """Return the look of a method."""
    return METHOD_LOOKS.get(method) or _free_look(method)


def operation_look(operation: str) -> Look:
    """Return the look of an operation."""
    return OPERATION_LOOKS.get(operation) or _free_look(operation)


def row_looks(methods: Mapping[str, str]) -> dict[str, Look]:
    """Return the look of each row, given the method of each row.

    A row named like its method has the method's look. Others, such as versions and reference
    results, share its colour; their line and marker are ones that no method has with this colour,
    by the hash of the row: two rows of one method coincide with probability 1/20 at most.
    """
    return {row: _row_look(row, method) for row, method in methods.items()}


def _row_look(row: str, method: str) -> Look:
    look = method_look(method)
    if row == method:
        return look
    if method in METHOD_LOOKS:
        free = _free_look(row)
        return replace(look, line=free.line, marker=free.marker)
    fixed = tuple(METHOD_LOOKS.values())
    line, marker = divmod(_hash(row), len(fixed))
    return replace(look, line=fixed[line % len(fixed)].line, marker=fixed[marker].marker)


def _free_look(name: str) -> Look:
    number, colour = divmod(_hash(name), len(FREE_COLOURS))
    number, line = divmod(number, len(FREE_LINES))
    line, stripes = FREE_LINES[line]
    marker, glyph = FREE_MARKERS[number % len(FREE_MARKERS)]
    return Look(FREE_COLOURS[colour], line, marker, stripes + glyph)


def _hash(name: str) -> int:
    # Python's own hash differs from process to process.
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:8])
