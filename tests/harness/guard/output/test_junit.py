"""JUnit XML."""

import xml.etree.ElementTree as tree

from harness.guard.finding import Finding
from harness.guard.output.junit import write_junit


def test_junit_tells_what_is_not_red_too(tmp_path):
    write_junit(
        tmp_path / "deep" / "guard.xml",
        [
            Finding("statistics", "a", "unexplained", "better & better", 0.5),
            Finding("bits", "a", "kept", "<same>"),
        ],
    )
    suites = tree.parse(tmp_path / "deep" / "guard.xml").getroot()
    assert [each.get("name") for each in suites] == ["guard.bits", "guard.statistics"]
    assert [each.text for each in suites.iter("system-out")] == [
        "kept: <same>",
        "unexplained: better & better",
    ]
