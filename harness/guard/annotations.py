"""Findings as lines that GitHub shows on a change: what is red, and what is open.

The form is GitHub's workflow command; other systems read the JUnit file instead.
"""

import os
from collections.abc import Iterable

from harness.guard.finding import Finding

_KINDS = {"moved": "error", "unexplained": "warning", "not judged": "warning"}


def is_wanted() -> bool:
    """Whether the guard runs in GitHub Actions."""
    return bool(os.environ.get("GITHUB_ACTIONS"))


def lines(findings: Iterable[Finding]) -> list[str]:
    """One line per finding that somebody has to see."""
    return [
        f"::{_KINDS[each.state]} title={_property(f'guard {each.layer}: {each.method}')}"
        f"::{_data(each.reason)}"
        for each in findings
        if each.state in _KINDS
    ]


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
