"""Every option is spelled once: the Python interface and the documents say the same."""

import inspect
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import harness
from harness.commands import report, run
from harness.commands.command import Command, CommandGroup
from harness.commands.command_line import COMMANDS, main
from harness.commands.option import Option

GOLDEN = Path(__file__).with_name("commands.txt")
REFERENCE = Path(__file__).parents[3] / "docs" / "reference" / "commands.md"


def each_command() -> Iterator[tuple[str, Command]]:
    """Every command by the words that call it."""
    for each in COMMANDS:
        if isinstance(each, CommandGroup):
            yield from ((f"{each.name} {command.name}", command) for command in each.commands)
        else:
            yield each.name, each


BY_WORDS = dict(each_command())


def test_the_options_are_frozen(update_golden):
    """Adding one is a decision; removing one breaks somebody's script."""
    lines = []
    for words, command in BY_WORDS.items():
        lines.append(words)
        for option in command.options:
            default = option.default if isinstance(option.default, str | int) else ""
            note = "required" if option.required else "" if option.is_switch else default
            lines.append(f"    {option.usage}  {note}".rstrip())
    found = "\n".join(lines) + "\n"
    if update_golden:
        GOLDEN.write_text(found)
    assert GOLDEN.read_text() == found


@pytest.mark.parametrize("words", BY_WORDS)
def test_help_shows_every_option(words, capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "300")
    with pytest.raises(SystemExit) as ended:
        main([*words.split(), "--help"])
    assert ended.value.code == 0
    text = capsys.readouterr().out
    assert text.startswith(f"usage: python -m harness {words} ")
    for option in BY_WORDS[words].options:
        assert f"\n  {option.usage}" in text
        assert option.help in text


IN_PYTHON = [
    (harness.run, (*run.REQUEST, *run.EXECUTION), ["command", "console"]),
    (harness.report, report.OPTIONS, []),
]


@pytest.mark.parametrize(("function", "options", "python_only"), IN_PYTHON)
def test_python_has_the_options_of_the_command(function, options, python_only):
    parameters = inspect.signature(function).parameters
    assert list(parameters) == [option.parameter for option in options] + python_only
    for option in options:
        if not option.required:
            assert parameters[option.parameter].default == option.default, option.name


@pytest.mark.parametrize(("function", "options", "python_only"), IN_PYTHON)
def test_the_docstring_says_what_the_help_says(function, options, python_only):
    entries = documented_parameters(function)
    assert list(entries) == [option.parameter for option in options] + python_only
    for option in options:
        if not option.python_name:  # a parameter with another name has another meaning
            assert entries[option.parameter].startswith(option.help), option.name


def documented_parameters(function) -> dict[str, str]:
    """The text of each parameter in a docstring's section `Args`, on one line."""
    section = str(inspect.getdoc(function)).split("Args:\n")[1].split("\n\n")[0]
    entries = re.findall(r"^    (\w+): (.*(?:\n     .*)*)", section, re.MULTILINE)
    return {name: " ".join(text.split()) for name, text in entries}


def test_the_reference_lists_the_options(update_golden):
    """Between `<!-- options: WORDS -->` and `<!-- end -->` stand the options of that command."""
    text = REFERENCE.read_text()
    block = re.compile(r"(<!-- options: ([a-z -]+) -->\n).*?(<!-- end -->)", re.DOTALL)
    assert [match[2] for match in block.finditer(text)] == list(BY_WORDS)
    expected = block.sub(lambda match: match[1] + table_of(match[2]) + match[3], text)
    if update_golden:
        REFERENCE.write_text(expected)
    assert REFERENCE.read_text() == expected


def table_of(words: str) -> str:
    rows = [row_of(option) for option in BY_WORDS[words].options]
    head = "| option | meaning | default |\n|---|---|---|\n"
    return head + "".join(rows) if rows else "No options.\n"


def row_of(option: Option) -> str:
    usage, meaning = option.usage.replace("|", "\\|"), option.help
    if option.repeated:
        meaning += "; may be repeated"
    default = "required" if option.required else option.shown_default
    return f"| `{usage}` | {meaning} | {default} |\n".replace("|  |", "| |")
