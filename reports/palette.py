"""One look per method and one per operation in every figure, safe for colour-blind readers.

Colours are those of Okabe and Ito, "Color Universal Design" (2008), plus a neutral grey for the
random control; line styles differ as well, so that colour is never the only cue.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import cycle


@dataclass(frozen=True)
class Look:
    """How one method, or one operation, is drawn."""

    colour: str
    line: str | tuple[int, tuple[float, ...]]
    """A Matplotlib line style."""


INK = "#222222"
FAINT = "#8a8a8a"

_DASH_DOT_DOT = (0, (4.0, 1.2, 1.0, 1.2, 1.0, 1.2))
_LOOKS = {
    "random": Look("#767676", ":"),
    "random-search": Look("#0072B2", "-"),
    "darts-1st": Look("#D55E00", "-"),
    "darts-2nd": Look("#E69F00", "--"),
    "pc-darts": Look("#009E73", "-"),
    "rf-darts": Look("#CC79A7", "-"),
    "rf-pcdarts": Look("#882E72", "-."),
    "asap": Look("#000000", "--"),
    "random-ws": Look("#56B4E9", _DASH_DOT_DOT),
}
_OTHERS = ("#56B4E9", "#E69F00", "#CC79A7", "#009E73", "#D55E00", "#0072B2")


def looks(methods: Iterable[str]) -> dict[str, Look]:
    """Return a look for each method; plug-ins get theirs by alphabetical order."""
    return _looks(methods, _LOOKS)


_FURTHER_LINES = ((0, (5.0, 1.5)), (0, (1.5, 1.0)), (0, (6.0, 1.5, 1.5, 1.5)))


def looks_of_rows(methods: Mapping[str, str]) -> dict[str, Look]:
    """Return a look for each row of a table, given the row's method.

    Rows of one method, such as its versions, share its colour and differ by line style.
    """
    of_method = looks(methods.values())
    found = {}
    for method, look in of_method.items():
        rows = sorted(row for row, its_method in methods.items() if its_method == method)
        lines = cycle([look.line, *(line for line in _FURTHER_LINES if line != look.line)])
        found |= {row: replace(look, line=line) for row, line in zip(rows, lines, strict=False)}
    return found


_OPERATIONS = {
    "none": Look("#D9D9D9", (0, (1.0, 2.0))),
    "skip_connect": Look("#D55E00", (0, (4.0, 1.5))),
    "nor_conv_1x1": Look("#56B4E9", "-"),
    "nor_conv_3x3": Look("#0072B2", "-"),
    "avg_pool_3x3": Look("#009E73", (0, (1.5, 1.0))),
}


def operation_looks(operations: Iterable[str]) -> dict[str, Look]:
    """Return a look for each operation; those of other spaces get theirs by alphabetical order."""
    return _looks(operations, _OPERATIONS)


def _looks(names: Iterable[str], known: Mapping[str, Look]) -> dict[str, Look]:
    spare = cycle(Look(colour, (0, (2.0, 1.0))) for colour in _OTHERS)
    return {name: known[name] if name in known else next(spare) for name in sorted(set(names))}
