"""Cells of tables: texts are rounded to what the interval supports, values are not rounded."""

from __future__ import annotations

import math

from reports.statistics import Estimate
from reports.tables.table import Cell, Value

ABSENT = "\N{EN DASH}"


MINUS = "\N{MINUS SIGN}"


def decimals_for(half_width: float, most: int = 2) -> int:
    """Return the number of decimals that an interval of this half-width supports.

    These are two significant digits of the half-width, but at least one decimal and at most those
    of the metric: one image of a test set of 10,000 is 0.01 points.
    """
    if not math.isfinite(half_width) or half_width <= 0:
        return most
    return min(most, max(1, 1 - math.floor(math.log10(half_width))))


def fixed(value: float, decimals: int = 2, *, sign: bool = False) -> str:
    """Format a number with a typographic minus; NaN and infinity have signs of their own."""
    if math.isnan(value):
        return ABSENT
    if math.isinf(value):
        return "∞" if value > 0 else f"{MINUS}∞"
    text = f"{value:{'+' if sign else ''},.{decimals}f}"
    if float(text.replace(",", "")) == 0:  # not "-0.00"
        text = text.lstrip("+-")
    return text.replace("-", MINUS)


def span(low: float, high: float, decimals: int = 2, *, sign: bool = False) -> str:
    """Format an interval."""
    return f"[{fixed(low, decimals, sign=sign)}, {fixed(high, decimals, sign=sign)}]"


def text_cell(text: str, *values: Value) -> Cell:
    """Return a cell of text, whose value is the text unless another is given."""
    return Cell(text, values or (text,))


def number_cell(value: float, decimals: int = 2, *, sign: bool = False) -> Cell:
    """Return a cell of one number."""
    return Cell(fixed(value, decimals, sign=sign), (_bare(value),))


def count_cell(value: int) -> Cell:
    """Return a cell of an integer."""
    return Cell(f"{value:,}", (value,))


def interval_cell(estimate: Estimate, most: int = 2, *, sign: bool = False) -> Cell:
    """Return a cell of the ends of an interval, or of the reason why there is none."""
    low, high = estimate.low, estimate.high
    match estimate.kind:
        case "none":
            text = ABSENT
        case "single":
            text = "one run"
        case "constant":
            text = f"all {estimate.n} equal"
        case _:
            text = span(low, high, decimals_for(estimate.half_width, most), sign=sign)
    return Cell(text, (_bare(low), _bare(high)))


def estimate_cell(estimate: Estimate, most: int = 2, *, sign: bool = False) -> Cell:
    """Return a cell of an estimate with its interval."""
    if estimate.kind == "none":
        return Cell(ABSENT, (None, None, None))
    interval = interval_cell(estimate, most, sign=sign)
    decimals = decimals_for(estimate.half_width, most)
    ends = interval.text if interval.text.startswith("[") else f"({interval.text})"
    text = f"{fixed(estimate.value, decimals, sign=sign)} {ends}"
    return Cell(text, (_bare(estimate.value), *interval.values))


def _bare(value: float) -> float | None:
    return None if math.isnan(value) else float(value)
