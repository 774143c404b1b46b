"""How the results of a report came about, so that a reader can run everything again.

The harness fills in a `Manifest`; the report prints it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class GroundTruthTable:
    """A file of ground truth that architectures were looked up in."""

    name: str
    description: str
    version: str
    sha256: str
    queries: str
    """The queries for values on validation and test data on each dataset, in words."""


@dataclass(frozen=True)
class ProtocolSettings:
    """The resolved settings of one method under one protocol."""

    name: str
    """Name of the protocol, such as `paper`, followed by the overrides, if any."""
    method: str
    settings: tuple[tuple[str, str, str], ...]
    """Rows of (setting, value, provenance)."""


@dataclass(frozen=True)
class Manifest:
    """Command, code, machine, ground truth and settings behind the results."""

    command: str
    """The exact command line."""
    generated_at: datetime | None
    """Time of the newest record, UTC; None without records. Never the time of writing: the same
    records give the same bytes."""
    commit: str | None
    versions: Mapping[str, str]
    """Package name -> version."""
    device: str
    ground_truth: tuple[GroundTruthTable, ...] = ()
    protocols: tuple[ProtocolSettings, ...] = ()
    footnotes: tuple[str, ...] = ()
    """Known deviations from the publications."""
    machinery_checks: frozenset[str] = frozenset()
    """Protocols that are scaled down to check that every step runs: no published numbers,
    differences or verdicts are printed for them."""
