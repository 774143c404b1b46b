"""One look per method in every figure, safe for colour-blind readers.

Colours are those of Okabe and Ito, "Color Universal Design" (2008), plus a neutral grey for the
random control; line styles differ as well, so that colour is never the only cue.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import cycle


@dataclass(frozen=True)
class Look:
    """How one method is drawn."""

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
    "random-weight-sharing": Look("#56B4E9", _DASH_DOT_DOT),
}
_OTHERS = ("#56B4E9", "#E69F00", "#CC79A7", "#009E73", "#D55E00", "#0072B2")


def looks(methods: Iterable[str]) -> dict[str, Look]:
    """Return a look for each method; plug-ins get theirs by alphabetical order."""
    names = sorted(set(methods))
    spare = cycle(Look(colour, (0, (2.0, 1.0))) for colour in _OTHERS)
    return {name: _LOOKS[name] if name in _LOOKS else next(spare) for name in names}
