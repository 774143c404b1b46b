"""Workflow commands of GitHub Actions."""

from dataclasses import replace

from harness.guard.finding import Finding
from harness.guard.output.annotations import annotate


def test_an_annotation_keeps_to_its_line():
    found = Finding("bits", "a,b", "moved", "50 % off:\nfirst, second")
    assert annotate([found]) == ["::error title=guard bits%3A a%2Cb::50 %25 off:%0Afirst, second"]
    assert annotate([replace(found, state="unexplained")])[0].startswith("::warning ")
    assert annotate([replace(found, state="kept")]) == []
