"""The protocols that a user can name, and what each is for."""

from benchmarks.errors import unknown

PROTOCOLS = {
    "common": "a fair comparison: every method under the same host values",
    "paper": "each method's published row: that publication's own code, split and epochs",
    "nats-bench": "the rows of NATS-Bench (TPAMI 2021)",
    "quick": "a machinery check in minutes on a CPU; says nothing about the papers",
}

MACHINERY_CHECKS = frozenset({"quick"})
"""Protocols whose numbers stand beside no published ones."""

BORROWED = frozenset({"common", "quick"})
"""Protocols that a method can take over from its host, and a space from another space.

The others are published rows: they belong to the method and the space that were published."""


def check(name: str) -> None:
    """Check that there is a protocol of that name.

    Raises:
        UserError: there is none.
    """
    if name not in PROTOCOLS:
        raise unknown("protocol", name, PROTOCOLS)
