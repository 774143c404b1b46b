"""The command line as its user meets it: a real process, its words and its exit code."""

import io
import json
import os
import shutil
import subprocess
import sys

import pandas as pd
import pytest

from harness.commands import command_line
from reports import recorded
from tests.conftest import data_home_with

OPTIONS = {
    "run": [
        *["--control", "--datasets", "--device", "--dry-run", "--help", "--jobs", "--methods"],
        *[
            "--no-report",
            "--out",
            "--plugin",
            "--protocol",
            "--recorded",
            "--retry",
            "--seeds",
            "--set",
            "--spaces",
        ],
        *["--truth", "--yes", "-h"],
    ],
    "report": ["--control", "--formats", "--help", "--out", "--recorded", "-h"],
    "results": ["--csv", "--help", "--history", "--json", "-h"],
    "archive": ["--help", "--methods", "--note", "--out", "--protocol", "-h"],
    "list": ["--help", "--json", "--plugin", "-h"],
    "show": ["--help", "--json", "--space", "--truth", "-h"],
    "check-method": ["--help", "--plugin", "-h"],
    "baseline": ["--help", "--out", "--plugin", "-h"],
    "guard": [
        *["--baseline", "--help", "--jobs", "--junit", "--layers", "--methods", "--plugin"],
        *["--reason", "--update", "-h"],
    ],
    "tabulate": [
        *["--dataset", "--help", "--jobs", "--limit", "--out", "--plugin", "--protocol"],
        *["--seeds", "--space", "--yes", "-h"],
    ],
    "data status": ["--help", "-h"],
    "data fetch": ["--from", "--help", "-h"],
    "data import": ["--help", "--yes", "-h"],
    "data verify": ["--help", "-h"],
}


def run(*arguments, **environment):
    return subprocess.run(
        [sys.executable, "-m", "harness", *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, **environment},
        timeout=120,
    )


def parsers():
    """Every command's parser, by the words that call it."""

    def below(parser, words):
        inner = [action for action in parser._actions if hasattr(action, "_name_parser_map")]
        if not inner:
            yield " ".join(words), parser
        for action in inner:
            for name, sub in action.choices.items():
                yield from below(sub, [*words, name])

    return dict(below(command_line._parser(), []))


def test_the_options_are_frozen():
    """Adding one is a decision; removing one breaks somebody's script."""
    found = {
        words: sorted(option for action in parser._actions for option in action.option_strings)
        for words, parser in parsers().items()
    }
    assert found == OPTIONS


def test_help_is_quick_and_imports_nothing_heavy():
    code = (
        "import sys; from harness.commands.command_line import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'pandas', 'numpy', 'scipy', 'matplotlib', 'pyarrow', 'pydantic'}"
        " & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize("words", ["", *OPTIONS])
def test_every_help(words):
    done = run(*words.split(), "--help")
    assert done.returncode == 0
    assert done.stdout.startswith(f"usage: python -m harness {words}".rstrip())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("run --method all", "Unrecognized arguments: --method all. Did you mean '--methods'?"),
        ("rum", "Did you mean 'run'?"),
        ("", "The following arguments are required: COMMAND."),
        ("run --methods darts", "Unknown method 'darts'."),
        ("run --spaces nas-bench-101", "Unknown space 'nas-bench-101'. Did you mean"),
        ("run --datasets cifar", "Unknown dataset 'cifar'. Did you mean 'cifar10'?"),
        ("run --methods random --control rndom", "Unknown method 'rndom'. Did you mean 'random'?"),
        ("run --protocol fair", "Unknown protocol 'fair'."),
        ("run --set budget", "--set budget is not of the form KEY=VALUE."),
        ("run --set budget=1", "No selected method has a setting 'budget'."),
        ("run --seeds 0", "--seeds 0 asks for no seed at all."),
        ("run --seeds a", "--seeds a is neither a number nor a list of numbers."),
        ("run --jobs 0", "--jobs 0: at least one worker is needed."),
        ("run --jobs two", "Argument --jobs: invalid int value: 'two'."),
        ("run --device cuda", "--device cuda: torch finds no CUDA device here."),
        ("run --device tpu", "Unknown device 'tpu'. Give auto, cpu, cuda or cuda:N."),
        ("run --methods random-search --set time_budget_seconds=1e12", "hours (4 trials"),
        ("report nowhere", "nowhere is no folder of results."),
        ("results nowhere", "nowhere is no folder of results."),
        ("show 15625", "Index 15625 is not in NAS-Bench-201."),
        ("show |nor_conv_3x3~1|+|none~0|none~1|+|none~0|none~1|none~2|", "should come from node 0"),
        ("show 0 --space darts", "Unknown space 'darts'."),
        ("list method", "Did you mean 'methods'?"),
        ("data fetch cifar", "Unknown data 'cifar'."),
        ("data fetch nas-bench-201 --from nowhere", "nowhere is no folder."),
        ("data import nas-bench-201 nowhere.pth", "nowhere.pth"),
        ("lst", "Did you mean 'list'?"),
        ("run --methods random --jobs -3 --dry-run", "--jobs -3: at least one worker is needed."),
        ("data fetch nas-bench-201 --from /dev/null", "/dev/null is no folder."),
        ("show " + "9" * 5000, "is no NAS-Bench-201 architecture."),
        ("data import nasbench x.pth", "Unknown table 'nasbench'."),
    ],
)
def test_mistakes_get_one_sentence_and_exit_code_2(data_home, tmp_path, arguments, message):
    words = arguments.split()
    if words[:1] == ["run"]:
        words += ["--out", str(tmp_path / "runs")]
    done = run(*words, CUDA_VISIBLE_DEVICES="")
    assert done.returncode == 2, done.stderr
    assert message in done.stderr
    assert done.stderr.startswith("harness: ")
    assert "Traceback" not in done.stderr
    assert len(done.stderr.strip().splitlines()) == 1
    assert done.stdout == ""


def test_no_data_and_no_network(empty_data_home, tmp_path):
    done = run("run", "--datasets", "cifar10", "--out", tmp_path / "runs")
    assert done.returncode == 2
    assert "Cannot download http://127.0.0.1:9/" in done.stderr
    assert "put the file into a folder and give that with --from" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "runs").exists()
    assert "Ground truth: digits" in run("show", "0").stdout
    done = run("show", "0", "--truth", "nats-bench-public")
    assert done.returncode == 2
    assert "Get it with `python -m harness data fetch nas-bench-201`" in done.stderr


# Lookups, which need no images.
METHODS = ["--methods", "random-search,random", "--datasets", "cifar10"]
ASKED = [*METHODS, "--seeds", "3", "--protocol", "paper"]


@pytest.fixture(scope="module")
def finished(made_up_table, tmp_path_factory):
    """The folder of a run of two methods and three seeds, and the process that ran it."""
    home = data_home_with(made_up_table, tmp_path_factory.mktemp("home"))
    out = tmp_path_factory.mktemp("finished") / "runs"
    done = run("run", *ASKED, "--out", out, HARNESS_DATA=str(home))
    assert done.returncode == 0, done.stderr
    return out, done


def test_run_ends_with_a_report(finished):
    out, done = finished
    assert (out / "report" / "report.pdf").read_bytes().startswith(b"%PDF")
    assert f"Report: {out / 'report' / 'report.pdf'}" in done.stderr
    assert "random-search, random: nas-bench-201 on cifar10, protocol paper" in done.stderr
    assert "3/3 seeds" in done.stderr
    assert "\x1b" not in done.stderr  # plain lines in a pipe


def test_the_report_on_the_same_records_is_the_same_bytes(finished, tmp_path):
    out, _ = finished
    again = tmp_path / "again"
    done = run("report", out, "--out", again)
    assert done.returncode == 0, done.stderr
    files = {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert files == {
        path.relative_to(out / "report") for path in (out / "report").rglob("*") if path.is_file()
    }
    for name in files:
        assert (again / name).read_bytes() == (out / "report" / name).read_bytes(), name


def test_report_formats(finished, tmp_path):
    out, _ = finished
    done = run("report", out, "--out", tmp_path / "md", "--formats", "md")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "md" / "report.md").is_file()
    assert not (tmp_path / "md" / "report.pdf").exists()
    done = run("report", out, "--out", tmp_path / "md", "--formats", "md", "--control", "random")
    assert done.returncode == 0, done.stderr
    assert "Against random" in (tmp_path / "md" / "report.md").read_text()
    done = run("report", out, "--formats", "pfd")
    assert done.returncode == 2
    assert "Did you mean 'pdf'?" in done.stderr


def test_archive_keeps_finished_trials_for_later_reports(finished, tmp_path):
    out, _ = finished
    date = max(json.loads(run("results", out, "--json").stdout), key=lambda row: row["finished_at"])
    name = f"{date['finished_at'][:10]}-random-search"
    kept = tmp_path / "records" / name
    done = run("archive", out, "--out", kept, "--methods", "random-search", "--note", "Made up.")
    assert done.stdout == f"3 trials recorded in {kept}\n", done.stderr
    assert 'note = "Made up."' in (kept / "record.toml").read_text()
    (found,) = recorded.load(kept.parent)
    assert set(found.results["method"]) == {"random-search"}
    assert len(found.history) > 9
    again = run("archive", out, "--out", kept)
    assert again.returncode == 2
    assert "exists already, and a record is never changed" in again.stderr
    none = run("archive", out, "--out", tmp_path / name, "--methods", "darts-1st")
    assert none.returncode == 2
    assert "holds no finished trial of that kind" in none.stderr


def test_results_as_csv_json_and_table(finished):
    out, _ = finished
    csv = pd.read_csv(io.StringIO(run("results", out, "--csv").stdout), keep_default_na=False)
    rows = json.loads(run("results", out, "--json").stdout)
    assert len(csv) == len(rows) == 2 * 3 * 3
    assert csv["architecture"].tolist() == [row["architecture"] for row in rows]
    table = run("results", out).stdout
    assert table.splitlines()[0].split()[:3] == ["method", "protocol", "search_dataset"]
    assert len(table.splitlines()) == 1 + 18
    rows = json.loads(run("results", out, "--history", "--json").stdout)
    assert {row["method"] for row in rows} == {"random-search"}  # `random` has no course
    assert all(json.loads(row["arrays"]) == {} for row in rows)
    table = run("results", out, "--history").stdout
    assert len(table.splitlines()) == 1 + len(rows)


def test_a_cut_off_record_is_left_out_and_done_again(finished, data_home, tmp_path):
    out = shutil.copytree(finished[0], tmp_path / "runs")
    path = sorted(out.glob("trials/*/record.json"))[0]
    path.write_text(path.read_text()[:50])
    done = run("results", out, "--csv")
    assert done.returncode == 0
    assert "is cut off or no record of this version" in done.stderr
    assert len(done.stdout.splitlines()) == 1 + 15
    assert run("run", *ASKED, "--no-report", "--out", out).returncode == 0
    done = run("results", out, "--csv")
    assert (len(done.stdout.splitlines()), done.stderr) == (1 + 18, "")


def test_a_failed_trial_is_told_of_by_the_exit_code(data_home, tmp_path):
    budget = "time_budget_seconds=10"  # ends before the first architecture is trained
    done = run("run", *METHODS, "--seeds", "7", "--set", budget, "--out", tmp_path / "runs")
    assert done.returncode == 1
    assert "harness: random-search seed 0 failed: A budget of 10 simulated seconds" in done.stderr
    assert "harness: ... 2 more; see `results`." in done.stderr
    assert (tmp_path / "runs" / "report" / "report.pdf").is_file()


def test_dry_run(finished, data_home, tmp_path):
    out, _ = finished
    done = run("run", *ASKED, "--seeds", "5", "--out", out, "--dry-run")
    lines = done.stdout.splitlines()
    assert [line.rsplit("  ", 1)[1] for line in lines[:10]] == (["done"] * 3 + ["to do"] * 2) * 2
    assert lines[10].startswith("10 trials, 6 done; the rest takes about ")
    run("run", *METHODS, "--dry-run", "--out", tmp_path / "other")
    assert not (tmp_path / "other").exists()


def test_a_dry_run_looks_at_the_folder_as_a_run_does(data_home, tmp_path):
    (tmp_path / "store.json").write_text('{"format": 99}')
    done = run("run", *METHODS, "--out", tmp_path, "--dry-run")
    assert done.returncode == 2
    assert "was made by another version of the harness" in done.stderr


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is full")
def test_a_full_disk_on_standard_output():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "harness", "list", "protocols"],
            stdout=full, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr == "harness: Cannot read or write: No space left on device.\n"


def test_results_of_nothing(tmp_path):
    (tmp_path / "store.json").write_text('{"format": 1}')
    assert run("results", tmp_path).stdout == "No trial is finished here.\n"


def test_list():
    methods = {row["name"]: row for row in json.loads(run("list", "methods", "--json").stdout)}
    assert "baseline" in methods["random"]["description"]
    assert methods["random-search"]["protocols"] == "common, paper, nats-bench, quick"
    protocols = json.loads(run("list", "protocols", "--json").stdout)
    assert [row["name"] for row in protocols] == ["common", "paper", "nats-bench", "quick"]
    assert run("list", "spaces").stdout.startswith("nas-bench-201  ")
    assert [line.split()[0] for line in run("list", "datasets").stdout.splitlines()] == [
        *["cifar10", "cifar100", "imagenet16-120", "digits"]
    ]


@pytest.mark.data
def test_show_an_architecture(public_sources, monkeypatch, tmp_path):
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path))
    assert run("data", "fetch", "nas-bench-201", "--from", public_sources).returncode == 0
    shown = json.loads(run("show", "1835", "--json").stdout)
    assert shown["architecture"] == (
        "|skip_connect~0|+|skip_connect~0|skip_connect~1|"
        "+|skip_connect~0|skip_connect~1|skip_connect~2|"
    )
    assert (shown["parameters"], shown["macs"]) == (73_306, 7_783_050)
    assert round(shown["truth"]["cifar10"]["test_accuracy"], 2) == 54.30
    assert shown["truth"]["cifar10"]["test_query"].startswith("cifar10/ori-test, 200 epochs")
    text = run("show", shown["architecture"]).stdout
    assert "─ skip_connect ─▶ 3 (output)" in text
    assert "54.30" in text
    verified = run("data", "verify")
    assert verified.returncode == 0
    assert verified.stdout.count(": here") == 8  # the table of the digits among them


def test_verify_finds_what_is_damaged(data_home):
    path = data_home / "nas-bench-201" / "nats-bench-public.parquet"
    path.write_bytes(path.read_bytes()[:-100])
    done = run("data", "verify")
    assert done.returncode == 1
    assert "nats-bench-public: damaged" in done.stdout
    done = run("run", "--methods", "random", "--datasets", "cifar10")
    assert done.returncode == 2
    assert "is cut off or no table of this harness. Delete it and make it again" in done.stderr


def test_show_a_run(finished):
    out, _ = finished
    text = run("show", out).stdout
    assert "random-search 1 on nas-bench-201, searched on cifar10, protocol paper" in text
    assert "time_budget_seconds = 12000.0    read: D-X-Y/AutoDL-Projects@f46486e" in text
    trial = next(iter(out.glob("trials/*")))
    (shown,) = json.loads(run("show", trial, "--json").stdout)["trials"]
    assert shown["key"] == trial.name
    assert shown["command"].startswith(
        "python -m harness run --methods random-search,random --datasets cifar10 --seeds 3"
    )


def test_data_status(data_home):
    done = run("data", "status")
    assert "nats-bench-public: here" in done.stdout
    assert "nats_bench.csv: missing" in done.stdout
    assert "data import nas-bench-201 NAS-Bench-201-v1_1-096897.pth" in done.stdout


def test_a_reader_that_has_seen_enough_is_no_mistake(finished):
    out, _ = finished
    process = subprocess.Popen(
        [sys.executable, "-m", "harness", "results", str(out), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()
