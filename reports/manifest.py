"""What a report must say about its own making, besides the results themselves.

The harness fills a `Manifest`; the report prints it, so that a reader can run everything again.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Truth:
    """A ground truth that results were looked up in or trained under."""

    name: str
    description: str
    version: str
    sha256: str
    queries: str
    """Which query stands for validation and test accuracy on each dataset, in words."""


@dataclass(frozen=True)
class ProtocolSettings:
    """The resolved settings of one method under one protocol."""

    name: str
    """Name of the protocol, such as `paper`; with the overrides, where there are any."""
    method: str
    settings: tuple[tuple[str, str, str], ...]
    """Rows of (setting, value, provenance)."""


@dataclass(frozen=True)
class Manifest:
    """How the results came about: command, code, machine, ground truths, settings."""

    command: str
    """The exact command line."""
    generated_at: datetime | None
    """Time of the newest record, UTC; None without records. Never the time of writing: the same
    records give the same bytes."""
    commit: str | None
    versions: Mapping[str, str]
    """Package name -> version."""
    device: str
    truths: tuple[Truth, ...] = ()
    protocols: tuple[ProtocolSettings, ...] = ()
    footnotes: tuple[str, ...] = ()
    """Known deviations from the publications."""
    machinery_checks: frozenset[str] = frozenset()
    """Protocols that are scaled down: they show that the machine runs and nothing else, so no
    published numbers, no differences and no verdicts are printed for them."""
