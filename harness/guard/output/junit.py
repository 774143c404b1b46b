"""Findings as JUnit XML: a test case per layer and method."""

import xml.etree.ElementTree as tree
from collections.abc import Iterable
from pathlib import Path

from benchmarks.files.atomic import write_bytes
from harness.guard.finding import LAYERS, Finding


def write_junit(path: Path, findings: Iterable[Finding]) -> None:
    """Write findings to a file atomically.

    Raises:
        UserError: the file cannot be written.
    """
    findings = list(findings)
    root = tree.Element("testsuites", name="guard")
    for layer in LAYERS:
        of_layer = [each for each in findings if each.layer == layer]
        if of_layer:
            root.append(_suite(layer, of_layer))
    tree.indent(root)
    write_bytes(path, tree.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")


def _suite(layer: str, findings: list[Finding]) -> tree.Element:
    suite = tree.Element(
        "testsuite",
        name=f"guard.{layer}",
        tests=str(len(findings)),
        failures=str(sum(each.is_red for each in findings)),
        errors="0",
        skipped=str(sum(each.state == "not judged" for each in findings)),
        time=f"{sum(each.seconds for each in findings):.3f}",
    )
    for finding in findings:
        case = tree.SubElement(
            suite,
            "testcase",
            classname=f"guard.{layer}",
            name=finding.method,
            time=f"{finding.seconds:.3f}",
        )
        if finding.is_red:
            tree.SubElement(case, "failure", message=finding.reason, type=finding.state)
        elif finding.state == "not judged":
            tree.SubElement(case, "skipped", message=finding.reason)
        else:
            tree.SubElement(case, "system-out").text = f"{finding.state}: {finding.reason}"
    return suite
