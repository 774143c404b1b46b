"""The commands `baseline` and `guard`: exit codes, words, annotations, JUnit XML."""

import json
import subprocess
import sys
import xml.etree.ElementTree as tree

import pytest

from benchmarks.errors import UserError
from harness.commands import command_line
from harness.guard import compare
from tests.harness.guard.fake_results import fresh_results

pytestmark = pytest.mark.usefixtures("data_home")


def test_exit_codes_and_words(baseline_file, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    arguments = ["guard", "--baseline", str(baseline_file), "--layers", "bits,statistics"]
    assert command_line.main([*arguments, str(fresh_results(tmp_path))]) == 0
    output = capsys.readouterr().out
    assert output.splitlines()[-1] == "Green: nothing moved."
    assert "::" not in output

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    runs, report = fresh_results(tmp_path / "worse", 60, later=60), tmp_path / "guard.xml"
    assert command_line.main([*arguments, str(runs), "--junit", str(report)]) == 1
    output = capsys.readouterr().out.splitlines()
    assert output[-1] == "Red: statistics of random moved."
    (line,) = [each for each in output if each.startswith("::")]
    assert line.startswith("::error title=guard statistics%3A random::accuracy dropped. First look")
    suites = tree.parse(report).getroot()
    (failure,) = suites.iter("failure")
    assert failure.get("message", "").startswith("accuracy dropped.")
    assert [(each.get("name"), each.get("failures")) for each in suites] == [
        ("guard.bits", "0"),
        ("guard.statistics", "1"),
    ]

    assert command_line.main([*arguments, str(tmp_path / "nowhere")]) == 2
    assert "is not a results folder" in capsys.readouterr().err
    assert command_line.main([*arguments, str(runs), "--update"]) == 2
    assert "An update of a baseline needs a reason" in capsys.readouterr().err
    assert command_line.main([*arguments, str(runs), "--reason", "Because."]) == 2
    assert "--reason goes with --update" in capsys.readouterr().err
    assert (
        command_line.main([*arguments, str(fresh_results(tmp_path)), "--methods", "random, "]) == 0
    )


def test_findings_before_an_error_are_reported(baseline_file, tmp_path, capsys, monkeypatch):
    def missing(*_):
        raise UserError("The images are not here.")

    monkeypatch.setattr(compare, "judge_statistics", missing)
    report = tmp_path / "guard.xml"
    arguments = [
        "guard",
        "--baseline",
        str(baseline_file),
        "--junit",
        str(report),
        str(fresh_results(tmp_path)),
    ]
    assert command_line.main(arguments) == 2
    assert [each.get("name") for each in tree.parse(report).getroot()] == [
        "guard.bits",
        "guard.structure",
    ]
    output = capsys.readouterr()
    assert [line.split()[0] for line in output.out.splitlines()] == ["bits", "structure"]
    assert output.err == "harness: The images are not here.\n"


def test_a_red_guard_that_nobody_reads_is_not_green(baseline_file, tmp_path):
    """As under `pipefail`, where the reader ends first."""
    runs = fresh_results(tmp_path, 60, later=60)
    guard = (
        f"{sys.executable} -m harness guard {runs} --baseline {baseline_file} --layers statistics"
    )
    done = subprocess.run(["bash", "-c", f"set -o pipefail; ({guard}) | true"], check=False)
    assert done.returncode == 1


def test_the_commands_record_and_update_a_baseline(baseline_file, tmp_path, capsys):
    out = tmp_path / "new.json"
    assert command_line.main(["baseline", str(tmp_path / "recorded"), "--out", str(out)]) == 0
    assert "1 methods, 20 seeds each). Guard it with seeds 20,21,22,23." in capsys.readouterr().out
    found, by_hand = json.loads(out.read_text()), json.loads(baseline_file.read_text())
    assert found["methods"] == by_hand["methods"]
    arguments = ["guard", str(tmp_path / "recorded"), "--baseline", str(out), "--update"]
    assert command_line.main([*arguments, "--reason", "To see it.", "--layers", "bits"]) == 0
    assert json.loads(out.read_text())["history"][-1]["reason"] == "To see it."
