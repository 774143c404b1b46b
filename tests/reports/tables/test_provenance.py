"""How the results came about."""

from __future__ import annotations

from reports.manifest import ProtocolSettings
from tests.reports.fake_trials import (
    manifest,
    results_of,
)
from tests.reports.readers import markdown


def test_settings_say_which_values_are_chosen():
    settings = (
        ("epochs", "50", "read: the paper, chosen with care"),
        ("channels", "8", "chosen: minutes on a CPU"),
        ("order", "1", "chosen"),
    )
    protocols = (ProtocolSettings("common", "darts-1st", settings),)
    text = markdown(results_of("random-search", 2), protocols=protocols)
    assert text.count("2 of 3 values are chosen by this harness: channels, order.") == 1
    assert "chosen by this harness" not in markdown(results_of("random-search", 2))


def test_the_manifest_is_printed_in_full():
    text = " ".join(markdown(results_of("random-search", 2)).replace("\\", "").split())
    shown = manifest()
    for part in (
        shown.command,
        str(shown.commit),
        shown.ground_truth[0].sha256,
        "numpy 2.4.6",
        "12000",
    ):
        assert part in text
    assert shown.footnotes[0] in text
