"""Reference results, and how they came about."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

import pandas as pd

from benchmarks.errors import UserError
from reports.manifest import Manifest


@dataclass(frozen=True)
class Origin:
    """How reference results came about."""

    date: date
    """Date of the newest trial, UTC."""
    device: str
    """The device in words."""
    command: str
    """The exact command lines, one per line."""
    commit: str
    """Commit of the harness; '' if it was not in a repository."""
    versions: Mapping[str, str]
    """Package name -> version."""
    note: str = ""

    @classmethod
    def from_manifest(cls, manifest: Manifest, note: str = "") -> Origin:
        """Take the origin from the manifest of a report, which must have a trial."""
        if manifest.generated_at is None:
            raise ValueError("A manifest without trials has no origin.")
        return cls(
            date=manifest.generated_at.date(),
            device=manifest.device,
            command=manifest.command,
            commit=manifest.commit or "",
            versions=dict(manifest.versions),
            note=note,
        )


@dataclass(frozen=True, eq=False)
class ReferenceResults:
    """Trials that were run elsewhere, as data frames."""

    name: str
    """Name of their folder, which begins with the date."""
    origin: Origin
    results: pd.DataFrame
    history: pd.DataFrame
    """Empty if the searches have none."""


def refuse_machinery_checks(
    results: pd.DataFrame, machinery_checks: Collection[str], name: str
) -> None:
    """Raise UserError if any of these trials is a machinery check."""
    refused = sorted(set(results["protocol"]) & set(machinery_checks))
    if refused:
        raise UserError(
            f"Protocol {refused[0]} is a machinery check, which is never a reference result. "
            f"Leave it out of {name}."
        )
