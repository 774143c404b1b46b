"""Elements of a document."""

from __future__ import annotations

from reports.document.elements import Code


def test_a_long_command_can_be_copied():
    command = "python -m harness run " + " ".join(f"--set key{i}=value{i}" for i in range(9))
    code = Code.from_commands(f"{command}\nls").text
    assert max(map(len, code.splitlines())) < 92
    words = code.replace("\\\n", " ").split()
    assert words == [*command.split(), "ls"]
    assert code.splitlines()[-1] == "ls"
