"""The commands `baseline` and `guard`: exit codes, words, annotations, JUnit XML."""

import json
import subprocess
import sys
import xml.etree.ElementTree as tree
from dataclasses import replace

import pytest

from benchmarks.errors import UserError
from harness.commands import command_line
from harness.guard import accuracies as accuracies_layer
from harness.guard import annotations, junit
from harness.guard.finding import Finding
from tests.harness.guard.guard_results import fresh

pytestmark = pytest.mark.usefixtures("data_home")


def test_exit_codes_and_words(baseline_file, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    arguments = ["guard", "--baseline", str(baseline_file), "--layers", "bits,statistics"]
    assert command_line.main([*arguments, str(fresh(tmp_path))]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[-1] == "Green: nothing moved."
    assert "::" not in told

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    runs, report = fresh(tmp_path / "worse", 60, later=60), tmp_path / "guard.xml"
    assert command_line.main([*arguments, str(runs), "--junit", str(report)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "Red: statistics of random moved."
    (line,) = [each for each in told if each.startswith("::")]
    assert line.startswith("::error title=guard statistics%3A random::accuracy dropped. First look")
    suites = tree.parse(report).getroot()
    (failure,) = suites.iter("failure")
    assert failure.get("message", "").startswith("accuracy dropped.")
    assert [(each.get("name"), each.get("failures")) for each in suites] == [
        ("guard.bits", "0"),
        ("guard.statistics", "1"),
    ]

    assert command_line.main([*arguments, str(tmp_path / "nowhere")]) == 2
    assert "is no folder of results" in capsys.readouterr().err
    assert command_line.main([*arguments, str(runs), "--update"]) == 2
    assert "A baseline moves for a reason" in capsys.readouterr().err
    assert command_line.main([*arguments, str(runs), "--reason", "Because."]) == 2
    assert "--reason is for --update" in capsys.readouterr().err
    assert command_line.main([*arguments, str(fresh(tmp_path)), "--methods", "random, "]) == 0


def test_what_was_found_before_a_mistake_is_told(baseline_file, tmp_path, capsys, monkeypatch):
    def missing(*_):
        raise UserError("The images are not here.")

    monkeypatch.setattr(accuracies_layer, "judge", missing)
    report = tmp_path / "guard.xml"
    arguments = [
        "guard",
        "--baseline",
        str(baseline_file),
        "--junit",
        str(report),
        str(fresh(tmp_path)),
    ]
    assert command_line.main(arguments) == 2
    assert [each.get("name") for each in tree.parse(report).getroot()] == [
        "guard.bits",
        "guard.structure",
    ]
    told = capsys.readouterr()
    assert [line.split()[0] for line in told.out.splitlines()] == ["bits", "structure"]
    assert told.err == "harness: The images are not here.\n"


def test_a_red_guard_that_nobody_reads_is_not_green(baseline_file, tmp_path):
    """As under `pipefail`, where the reader ends first."""
    runs = fresh(tmp_path, 60, later=60)
    guard = (
        f"{sys.executable} -m harness guard {runs} --baseline {baseline_file} --layers statistics"
    )
    done = subprocess.run(["bash", "-c", f"set -o pipefail; ({guard}) | true"], check=False)
    assert done.returncode == 1


def test_the_commands_record_and_move_a_baseline(baseline_file, tmp_path, capsys):
    out = tmp_path / "new.json"
    assert command_line.main(["baseline", str(tmp_path / "recorded"), "--out", str(out)]) == 0
    assert "1 methods, 20 seeds each). Guard it with seeds 20,21,22,23." in capsys.readouterr().out
    found, by_hand = json.loads(out.read_text()), json.loads(baseline_file.read_text())
    assert found["methods"] == by_hand["methods"]
    arguments = ["guard", str(tmp_path / "recorded"), "--baseline", str(out), "--update"]
    assert command_line.main([*arguments, "--reason", "To see it.", "--layers", "bits"]) == 0
    assert json.loads(out.read_text())["moves"][-1]["reason"] == "To see it."


def test_an_annotation_keeps_to_its_line():
    found = Finding("bits", "a,b", "moved", "50 % off:\nfirst, second")
    assert annotations.lines([found]) == [
        "::error title=guard bits%3A a%2Cb::50 %25 off:%0Afirst, second"
    ]
    assert annotations.lines([replace(found, state="unexplained")])[0].startswith("::warning ")
    assert annotations.lines([replace(found, state="kept")]) == []


def test_junit_tells_what_is_not_red_too(tmp_path):
    junit.write(
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
