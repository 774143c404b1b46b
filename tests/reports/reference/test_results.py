"""Reference results and their origin."""

from __future__ import annotations

from datetime import date

from reports.reference.results import Origin
from tests.reports.fake_trials import manifest


def test_the_origin_comes_from_the_manifest():
    shown = manifest(device="one NVIDIA H100", commit=None)
    origin = Origin.from_manifest(shown, note="cold")
    assert (origin.date, origin.device) == (date(2026, 1, 2), "one NVIDIA H100")
    assert (origin.command, origin.commit, origin.note) == (shown.command, "", "cold")
    assert origin.versions == shown.versions
