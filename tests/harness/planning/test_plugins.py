"""A method of one's own, in a file or an installed package."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.examples import EXAMPLES, MY_METHOD
from tests.harness.processes import run_harness

SMALL = ["channels=4", "cells_per_stage=1", "batch_size=8", "epochs=2", "steps_per_epoch=2"]


@pytest.fixture
def plugin(tmp_path):
    return Path(shutil.copy(MY_METHOD, tmp_path / "my_method.py"))


def listed(plugin) -> dict:
    done = run_harness("list", "methods", "--plugin", plugin, "--json")
    assert done.returncode == 0, done.stderr
    return {row["name"]: row for row in json.loads(done.stdout)}


def test_a_plugin_is_listed_and_runs_under_its_hosts_protocols(plugin):
    row = listed(plugin)["sharp-darts"]
    assert row["description"] == "DARTS whose softmax gets sharper from epoch to epoch. (plug-in)"
    assert row["protocols"] == "common, quick"


def test_another_file_is_another_version(plugin):
    version = listed(plugin)["sharp-darts"]["version"]
    assert version.startswith("1+")
    plugin.write_text(plugin.read_text() + "\n")
    assert listed(plugin)["sharp-darts"]["version"] != version


def test_the_version_of_a_method_from_elsewhere_covers_what_it_inherits(plugin, tmp_path):
    """Here a class of its own package; the loop's files are covered in the same way."""
    (tmp_path / "base.py").write_text(plugin.read_text().replace("@register\n", ""))
    plugin.write_text(
        "import sys\n"
        f"sys.path.insert(0, {str(tmp_path)!r})\n"
        "from base import SharpDarts\n"
        "from methods import register\n"
        "@register\n"
        "class Mine(SharpDarts):\n"
        "    'Inherits.'\n"
        "    name = 'mine'\n"
    )
    version = listed(plugin)["mine"]["version"]
    (tmp_path / "base.py").write_text((tmp_path / "base.py").read_text() + "\n")
    assert listed(plugin)["mine"]["version"] != version


def test_the_page_on_methods_shows_commands_that_work(plugin):
    text = (MY_METHOD.parents[1] / "add-a-method.md").read_text()
    commands = [
        line.partition("#")[0].split()[3:] for line in text.splitlines() if "--plugin" in line
        and line.startswith("python -m harness")
    ]  # fmt: skip
    assert len(commands) == 3
    for words in commands:
        name = words[words.index("--methods") + 1] if "--methods" in words else words[1]
        assert name.split(",")[0] in listed(plugin)


@pytest.mark.data
def test_a_plugin_runs_as_the_built_in_ones_do(plugin, search_home, tmp_path):
    """In worker processes, with its own setting, from the folder that its docstring names."""
    settings = [text for pair in SMALL for text in ("--set", pair)]
    done = run_harness(
        *["run", "--plugin", plugin.name, "--methods", "sharp-darts,random", "--seeds", "1"],
        *[
            "--datasets",
            "cifar10",
            "--protocol",
            "quick",
            "--out",
            "runs",
            *settings,
            "--set",
            "last_temperature=0.5",
        ],
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    (shown,) = [
        trial
        for trial in json.loads(run_harness("show", tmp_path / "runs", "--json").stdout)["trials"]
        if trial["method"] == "sharp-darts"
    ]
    assert shown["state"] == "done"
    assert shown["settings"]["last_temperature"] == 0.5
    assert shown["provenance"]["last_temperature"] == "set by the user"
    assert shown["provenance"]["weight_momentum"].startswith("chosen: that of darts-1st (read: ")
    assert shown["method_version"] == listed(plugin)["sharp-darts"]["version"]
    assert "sharp-darts" in (tmp_path / "runs" / "report" / "report.md").read_text()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("import nothing\n", ", line 1: ModuleNotFoundError: No module named 'nothing'. Fix it"),
        ("x = 1\n\nx.y\n", ", line 3: AttributeError: 'int' object has no attribute 'y'."),
        ("x = = 1\n", "SyntaxError"),
        ("x = 1\n", "registers nothing: put `@register` from `methods` before a method's class"),
        (
            "from methods import register\n@register\nclass A:\n    name = 'random'\n"
            "    version = '1'\n",
            "A method 'random' is already registered; give yours another name.",
        ),
        ("from methods import register\n@register\nclass A: pass\n", "A needs a `name` and a `ver"),
    ],
)
def test_a_file_that_is_no_plugin_gets_one_sentence(plugin, content, message):
    plugin.write_text(content)
    done = run_harness("list", "methods", "--plugin", plugin)
    assert done.returncode == 2
    assert message in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stderr.count("\n") == 1


def test_a_plugin_that_is_not_there(tmp_path):
    done = run_harness("list", "methods", "--plugin", tmp_path / "other.py")
    assert done.returncode == 2
    assert "other.py is not a Python file." in done.stderr


def test_a_plugin_has_no_published_protocol(plugin, data_home):
    done = run_harness("run", "--plugin", plugin, "--methods", "sharp-darts", "--protocol", "paper",
                   "--datasets", "cifar10", "--dry-run")  # fmt: skip
    assert done.returncode == 2
    assert "no protocol paper for cifar10 on nas-bench-201. It has: common, quick." in done.stderr


def test_an_installed_package_announces_its_methods(tmp_path):
    """An entry point is enough; nothing of the package is imported until it is used."""
    (tmp_path / "their_method.py").write_text(
        MY_METHOD.read_text().replace("@register\n", "").replace("sharp-darts", "their-darts")
    )
    information = tmp_path / "theirs-1.0.dist-info"
    information.mkdir()
    (information / "METADATA").write_text("Metadata-Version: 2.1\nName: theirs\nVersion: 1.0\n")
    (information / "entry_points.txt").write_text(
        "[nas_harness.methods]\ntheir-darts = their_method:SharpDarts\n"
    )
    code = (
        "import sys; from methods import METHODS; assert 'their-darts' in METHODS; "
        "assert 'their_method' not in sys.modules; "
        "from methods import version_of; print(version_of(METHODS['their-darts']))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env={"PYTHONPATH": f"{tmp_path}:{Path.cwd()}"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert re.fullmatch(r"1\+[0-9a-f]{8}\n", done.stdout)


def test_a_dataset_and_a_space_of_ones_own_are_tabulated_and_searched(tmp_path):
    plugins = ["--plugin", EXAMPLES / "my_dataset.py", "--plugin", EXAMPLES / "my_space.py"]
    table, runs = tmp_path / "ink.parquet", tmp_path / "runs"
    done = run_harness(
        "tabulate", *plugins, "--space", "two-layers", "--dataset", "ink", "--seeds", 2,
        "--jobs", 2, "--out", table,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "7 topologies" in done.stderr  # of sixteen: skips move, `none` cuts off
    done = run_harness(
        "run", *plugins, "--spaces", "two-layers", "--datasets", "ink", "--table", table,
        "--methods", "random-search,darts-1st", "--seeds", 3, "--jobs", 2, "--out", runs,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "darts-1st is left out on two-layers: it builds no supernet." in done.stderr
    found = json.loads(run_harness("results", runs, "--json").stdout)
    assert [row["state"] for row in found] == ["done"] * 3
    assert all(row["test_value"] > 50 for row in found)
