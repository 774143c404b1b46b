"""The command line as its user meets it: its errors, its exit codes, and how it ends early."""

import os
import resource
import subprocess
import sys

import pytest

from harness.commands.command_line import main

HARNESS = [sys.executable, "-m", "harness"]
HELP_SECONDS = 0.3


def test_help_is_quick():
    """Measured as processor time, which other processes do not change; the best of three."""

    def seconds() -> float:
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return used.ru_utime + used.ru_stime

    taken = []
    for _ in range(3):
        before = seconds()
        subprocess.run([*HARNESS, "--help"], stdout=subprocess.DEVNULL, check=True)
        taken.append(seconds() - before)
    assert min(taken) < HELP_SECONDS


def test_parsing_imports_nothing_heavy():
    code = (
        "import sys; from harness.commands.command_line import main\n"
        "try: main(['--help'])\n"
        "except SystemExit: pass\n"
        "print(sorted({'torch', 'pandas', 'numpy', 'scipy', 'matplotlib', 'pyarrow', 'pydantic',"
        " 'rich', 'harness.planning'} & set(sys.modules)), file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stderr.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("run --method all", "Unrecognized arguments: --method all. Did you mean '--methods'?"),
        ("rum", "Did you mean 'run'?"),
        ("", "The following arguments are required: COMMAND."),
        ("data", "The following arguments are required: ACTION."),
        ("run --methods darts", "Unknown method 'darts'."),
        ("run --spaces nas-bench-101", "Unknown space 'nas-bench-101'. Did you mean"),
        ("run --datasets cifar", "Unknown dataset 'cifar'. Did you mean 'cifar10'?"),
        ("run --methods random --control rndom", "Unknown method 'rndom'. Did you mean 'random'?"),
        ("run --protocol fair", "Unknown protocol 'fair'."),
        ("run --set budget", "--set budget is not of the form KEY=VALUE."),
        ("run --set budget=1", "No selected method has a setting 'budget'."),
        ("run --seeds 0", "--seeds 0 asks for no seed"),
        ("run --seeds a", "--seeds a is neither a number nor a list of numbers."),
        ("run --jobs 0", "--jobs 0: give at least 1."),
        ("run --jobs two", "Argument --jobs: invalid int value: 'two'."),
        ("run --executor slurm", "Unknown executor 'slurm'."),
        ("run --train tinny", "Unknown training protocol 'tinny'. Did you mean 'tiny'?"),
        ("run --train tiny --train-seeds 0", "--train-seeds 0 asks for no seed"),
        (
            "run --methods random --datasets cifar10 --train tiny",
            "--train tiny: trainings need a dataset of one file",
        ),
        ("run --device cuda", "--device cuda: torch finds no CUDA device."),
        ("run --device tpu", "Unknown device 'tpu'. Give auto, cpu, cuda or cuda:N."),
        ("run --methods random-search --set time_budget_seconds=1e12", "hours (4 trials"),
        ("run --methods random --jobs -3 --dry-run", "--jobs -3: give at least 1."),
        ("report nowhere", "nowhere is no"),
        ("results nowhere", "nowhere is no"),
        ("results nowhere --csv --json", "--csv and --json exclude each other"),
        ("show 15625", "Index 15625 is not in NAS-Bench-201."),
        ("show |nor_conv_3x3~1|+|none~0|none~1|+|none~0|none~1|none~2|", "should come from node 0"),
        ("show 0 --space darts", "Unknown space 'darts'."),
        ("show " + "9" * 5000, "is not an architecture of nas-bench-201."),
        ("list method", "Did you mean 'methods'?"),
        ("lst", "Did you mean 'list'?"),
        ("data fetch cifar", "Unknown data 'cifar'."),
        ("data fetch nas-bench-201 --from nowhere", "nowhere is no"),
        ("data fetch nas-bench-201 --from /dev/null", "/dev/null is no"),
        ("data import nas-bench-201 nowhere.pth", "nowhere.pth"),
        ("data import nasbench x.pth", "Unknown table 'nasbench'."),
    ],
)
def test_a_usage_error_is_one_sentence(
    data_home, tmp_path, monkeypatch, capsys, arguments, message
):
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    words = arguments.split()
    if words[:1] == ["run"]:
        words += ["--out", str(tmp_path / "runs")]
    assert main(words) == 2
    printed = capsys.readouterr()
    assert message in printed.err
    assert printed.err.startswith("harness: ")
    assert len(printed.err.strip().splitlines()) == 1
    assert printed.out == ""


@pytest.mark.parametrize(
    "arguments",
    [["report"], ["results"], ["results", "--history"], ["archive", "--out", "nowhere"]],
)
def test_an_unknown_table_is_one_sentence(finished, arguments, capsys):
    """It is unknown if no run into that folder used it, whether or not it exists."""
    command, *options = arguments
    assert main([command, str(finished.folder), *options, "--table", "analog-nasbench"]) == 2
    printed = capsys.readouterr()
    assert printed.err == (
        f"harness: No result in {finished.folder} has ground truth from the table analog-nasbench. "
        "Available there: nats-bench-public. To add a table, repeat the `run` with --table.\n"
    )
    assert printed.out == ""


def test_a_usage_error_of_the_process(harness_process):
    done = harness_process("run", "--protocol", "fair")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("harness: Unknown protocol 'fair'.")


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="only Linux has a device that is full")
def test_a_full_disk_on_standard_output():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [*HARNESS, "list", "protocols"], stdout=full, stderr=subprocess.PIPE, text=True
        )
    assert done.returncode == 2
    assert done.stderr == "harness: Cannot read or write: No space left on device.\n"


def test_a_reader_that_ends_first_is_no_error(finished):
    process = subprocess.Popen(
        [*HARNESS, "results", str(finished.folder), "--json"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    assert b"Traceback" not in process.stderr.read()
    process.stderr.close()
    process.wait()
