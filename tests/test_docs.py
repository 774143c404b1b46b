"""The documents against the code: links, commands, paths, names and columns that they show."""

import json
import re
import shlex
import subprocess
import sys
from argparse import ArgumentParser
from collections.abc import Iterator
from dataclasses import fields
from itertools import pairwise
from pathlib import Path

import pytest

from benchmarks.tables import TABLES
from harness.storage import frames
from methods import METHODS

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "docs" / "examples"
FOLDERS = ("benchmarks", "docs", "harness", "methods", "reports", "tests")
PAGES = sorted(
    [*ROOT.glob("*.md"), *(page for name in FOLDERS for page in (ROOT / name).rglob("*.md"))]
)
TEXTS = [*PAGES, *sorted(path for path in EXAMPLES.iterdir() if path.is_file())]

KINDS = {
    "--methods": "methods",
    "--control": "methods",
    "--spaces": "spaces",
    "--space": "spaces",
    "--datasets": "datasets",
    "--dataset": "datasets",
    "--table": "tables",
}
"""What the value of an option names."""


def parser() -> ArgumentParser:
    """The parser of the command line."""
    from harness.commands.command_line import build_parser

    return build_parser()


def without_code(text: str) -> str:
    """A page without its blocks of code and its code spans."""
    return re.sub(r"`[^`\n]*`", "", re.sub(r"^ *```.*?^ *```", "", text, flags=re.M | re.S))


def anchors(page: Path) -> set[str]:
    """What a link can name behind `#`: GitHub's form of each heading."""
    text = re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)
    headings = re.findall(r"^#+ +(.*)$", text, re.M)
    return {re.sub(r"[^\w\- ]", "", each.lower()).replace(" ", "-") for each in headings}


def broken_links(page: Path) -> list[str]:
    """Relative links that lead to no file, or to no heading of a page."""
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", without_code(page.read_text())):
        path, _, anchor = link.partition("#")
        if re.match(r"[a-z]+:", link):
            continue
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    return broken


def missing_paths(text: str) -> list[str]:
    """Files, folders and dotted names in code spans that look like the repository's and are not."""
    return [span for span in re.findall(r"`([^`\n]+)`", text) if not _exists(span)]


def _exists(span: str) -> bool:
    if re.fullmatch(r"(benchmarks|harness|methods|reports|tests)(\.\w+)+", span):
        return _is_defined(span.split("."))
    if (
        not re.fullmatch(r"(\.ci|[a-z]+)/[\w./-]*", span)
        or not (ROOT / span.split("/")[0]).is_dir()
    ):
        return True  # not a path of the repository
    # A component in capitals without a dot, as in `reports/reference/DATE-NAME`, is the reader's.
    known = re.split(r"/(?=[A-Z][A-Z-]*(?:/|$))", span)[0]
    return (ROOT / known).exists()


def _is_defined(names: list[str]) -> bool:
    """Whether a module exists, and the name behind it stands in its text."""
    place = ROOT
    for position, name in enumerate(names):
        if (place / name).is_dir():
            place = place / name
            continue
        module = place / f"{name}.py"
        module, rest = (module, names[position + 1 :]) if module.is_file() else (
            place / "__init__.py", names[position:]
        )  # fmt: skip
        text = module.read_text() if module.is_file() else ""
        return all(re.search(rf"\b{each}\b", text) for each in rest) and module.is_file()
    return True


def commands(text: str) -> Iterator[list[str]]:
    """The words behind `python -m harness` of every command line in a text."""
    joined = re.sub(r"\\\n\s*", "", text)
    for line in re.findall(r"python -m harness( [^\n`]*)", joined):
        words = shlex.split(line.rstrip(" .,:;)"), comments=True)
        ends = [place for place, word in enumerate(words) if word in (">", "|", "||", "&&", "...`")]
        words = words[: min(ends, default=len(words))]
        if words and words[0] != "...":
            yield words


COMMANDS = [
    pytest.param(words, id=f"{path.relative_to(ROOT)}: {' '.join(words)}")
    for path in TEXTS
    for words in commands(path.read_text())
]


@pytest.fixture(scope="module")
def known() -> dict[str, set[str]]:
    """Every name by kind, those of the examples included, as `list` prints them."""
    plugins = [word for path in sorted(EXAMPLES.glob("*.py")) for word in ("--plugin", str(path))]

    def listed(kind: str) -> set[str]:
        command = [sys.executable, "-m", "harness", "list", kind, "--json", *plugins]
        done = subprocess.run(command, capture_output=True, text=True, cwd=ROOT)
        assert done.returncode == 0, done.stderr
        return {row["name"] for row in json.loads(done.stdout)}

    names = {kind: listed(kind) for kind in ("methods", "spaces", "datasets", "protocols")}
    own_settings = re.findall(r"^ {8}(\w+): ", (EXAMPLES / "my_method.py").read_text(), re.M)
    settings = {field.name for name in METHODS for field in fields(METHODS[name].Settings)}
    return names | {"tables": set(TABLES), "settings": settings | set(own_settings)}


def unknown_names(words: list[str], known: dict[str, set[str]]) -> list[str]:
    """Names in a command that stand for nothing; files, placeholders and variables apart."""
    named = []
    for option, value in pairwise(words):
        if option in KINDS:
            named += [(KINDS[option], name) for name in value.split(",") if name != "all"]
        elif option == "--protocol" and words[0] in ("run", "archive"):
            named.append(("protocols", value))
        elif option == "--set":
            named.append(("settings", value.partition("=")[0]))
        elif option == "check-method":
            named.append(("methods", value))
    return [
        name
        for kind, name in named
        if name not in known[kind] and not re.match(r"[A-Z$]|.*\.(npz|parquet)$", name)
    ]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert broken_links(page) == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_paths_and_names_of_the_repository_exist(page):
    assert missing_paths(page.read_text()) == []


@pytest.mark.parametrize("words", COMMANDS)
def test_commands_parse(words):
    if "--help" in words:  # which prints and leaves
        words = [word for word in words if word != "--help"]
    parser().parse_args(words)


def test_names_in_commands_exist(known):
    unknown = {
        str(path.relative_to(ROOT)): names
        for path in TEXTS
        if (
            names := [
                n for words in commands(path.read_text()) for n in unknown_names(words, known)
            ]
        )
    }
    assert unknown == {}


def test_every_command_has_a_section():
    names = {name for action in parser()._actions for name in action.choices or ()}
    text = (ROOT / "docs" / "reference" / "commands.md").read_text()
    headings = re.findall(r"^## (.*)$", text, re.M)
    assert names
    assert names <= {heading.strip("`").split()[0] for heading in headings}


@pytest.mark.parametrize(
    ("heading", "columns"),
    [("Results columns", frames.COLUMNS), ("History columns", frames.HISTORY_COLUMNS)],
)
def test_the_page_on_results_has_the_columns_of_the_code(heading, columns):
    text = (ROOT / "docs" / "reference" / "results.md").read_text()
    table = text.partition(f"\n## {heading}\n")[2].partition("\n\n| column")[2].partition("\n\n")[0]
    rows = [[cell.strip() for cell in row.split("|")[1:-1]] for row in table.splitlines()[2:]]
    assert [name.strip("`") for name, _, _ in rows] == list(columns)
    assert all(meaning for _, _, meaning in rows)


def test_contributing_names_every_room_of_the_harness():
    text = (ROOT / "CONTRIBUTING.md").read_text()
    rooms = {path.parent.name for path in (ROOT / "harness").glob("*/__init__.py")}
    assert {room for room in rooms if f"| `harness/{room}/` |" not in text} == set()


def test_ci_runs_the_test_command_of_the_readme():
    readme = (ROOT / "README.md").read_text()
    blocks = "".join(re.findall(r"^```sh\n(.*?)^```", readme, re.M | re.S)).splitlines()
    lines = [line.partition("  #")[0].rstrip() for line in blocks]
    assert lines[0] == "python -m pip install tox && tox -e demo"
    assert (ROOT / ".ci" / "run").read_text().splitlines()[-1] in lines


def test_recalled_numbers_of_the_readme_say_so():
    """The published row of random search was not read at its source."""
    published = (ROOT / "reports" / "published" / "nb201.csv").read_text()
    rows = [
        row for row in published.splitlines() if row.startswith("RS (random search),NB201 multi")
    ]
    readme = (ROOT / "README.md").read_text()
    assert len(rows) == 6
    assert all("recalled" in row for row in rows) == ("† Recalled" in readme)


def test_a_broken_link_is_found(tmp_path):
    page = tmp_path / "page.md"
    page.write_text(
        "# A title\n[a](page.md#a-title) [b](#b) [c](c.md) [d](https://x.y/z) `[e](e.md)`\n"
    )
    assert broken_links(page) == ["#b", "c.md"]


def test_a_missing_path_is_found():
    text = (
        "`harness/api.py` `harness/nothing.py` `runs/x` `reports/published/NAME` `reports/no/NAME` "
        "`methods.METHODS` `methods.NOTHING` `harness.nothing.run` `harness.storage.frames.COLUMNS`"
    )
    wrong = ["harness/nothing.py", "reports/no/NAME", "methods.NOTHING", "harness.nothing.run"]
    assert missing_paths(text) == wrong


def test_commands_are_found_in_blocks_and_in_lines():
    text = "`python -m harness list methods`\npython -m harness run \\\n    --seeds 4 > x  # why\n"
    assert list(commands(text)) == [["list", "methods"], ["run", "--seeds", "4"]]


def test_an_unknown_name_is_found(known):
    words = ["run", "--methods", "darts-1st,dart", "--set", "epoch=3", "--datasets", "a.npz"]
    assert unknown_names(words, known) == ["dart", "epoch"]
