"""Findings as GitHub annotations on a change; other systems read the JUnit file."""

import os
from collections.abc import Iterable

from harness.guard.finding import Finding

_KINDS = {"moved": "error", "unexplained": "warning", "not judged": "warning"}


def is_github_actions() -> bool:
    """Whether the guard runs in GitHub Actions."""
    return bool(os.environ.get("GITHUB_ACTIONS"))


def annotate(findings: Iterable[Finding]) -> list[str]:
    """Return a GitHub workflow command for each finding that needs attention."""
    return [
        f"::{_KINDS[each.state]} title={_escape_property(f'guard {each.layer}: {each.method}')}"
        f"::{_escape(each.reason)}"
        for each in findings
        if each.state in _KINDS
    ]


def _escape(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _escape_property(text: str) -> str:
    return _escape(text).replace(":", "%3A").replace(",", "%2C")
