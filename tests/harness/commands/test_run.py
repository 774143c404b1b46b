"""`run`: its report, its exit codes, what it resumes, and the dry run."""

import json
import shutil

from harness.commands.command_line import main

METHODS = ["--methods", "random-search,random", "--datasets", "cifar10"]


def test_run_ends_with_a_report(finished):
    report = finished.folder / "report" / "report.pdf"
    assert report.read_bytes().startswith(b"%PDF")
    printed = finished.process.stderr
    assert f"Report: {report}" in printed
    assert printed.startswith(
        "random-search, random: nas-bench-201 on cifar10, protocol paper, table nats-bench-public\n"
        "6 searches, 0 already finished\n"
    )
    for method in ("random-search", "random"):  # whichever ends first
        assert f"\nnas-bench-201  cifar10  {method}  done  3/3  " in printed
    assert "\x1b" not in printed  # plain lines in a pipe


def test_a_truncated_record_is_left_out_and_run_again(
    finished, data_home, tmp_path, harness_process
):
    out = shutil.copytree(finished.folder, tmp_path / "runs")
    path = sorted(out.glob("trials/*/record.json"))[0]
    path.write_text(path.read_text()[:50])
    done = harness_process("results", out, "--csv")
    assert done.returncode == 0
    assert str(path) in done.stderr
    assert len(done.stdout.splitlines()) == 1 + 15
    again = harness_process("run", *finished.arguments, "--no-report", "--out", out)
    assert again.returncode == 0
    done = harness_process("results", out, "--csv")
    assert (len(done.stdout.splitlines()), done.stderr) == (1 + 18, "")


def test_a_failed_trial_sets_the_exit_code(data_home, tmp_path, harness_process):
    out = tmp_path / "runs"
    budget = "time_budget_seconds=10"  # ends before the first architecture is trained
    done = harness_process("run", *METHODS, "--seeds", "7", "--set", budget, "--out", out)
    assert done.returncode == 1
    assert "harness: random-search seed 0 failed: A budget of 10 simulated seconds" in done.stderr
    assert "harness: ... 2 more; see `results`." in done.stderr
    assert (out / "report" / "report.pdf").is_file()


def test_a_dry_run_lists_the_trials(finished, data_home, tmp_path, harness_process):
    more = [*finished.arguments, "--seeds", "5", "--out", finished.folder, "--dry-run"]
    lines = harness_process("run", *more).stdout.splitlines()
    assert [line.rsplit("  ", 1)[1] for line in lines[:10]] == (["done"] * 3 + ["to do"] * 2) * 2
    assert lines[10].startswith("10 trials, 6 done; the rest takes about ")
    assert harness_process("run", *METHODS, "--dry-run", "--out", tmp_path / "other").stdout
    assert not (tmp_path / "other").exists()


def test_a_dry_run_checks_the_folder_as_a_run_does(data_home, tmp_path, harness_process):
    (tmp_path / "store.json").write_text('{"format": 99}')
    done = harness_process("run", *METHODS, "--out", tmp_path, "--dry-run")
    assert done.returncode == 2
    assert "was made by another version of the harness" in done.stderr


def test_a_dry_run_counts_the_trainings_that_may_follow(tmp_path, harness_process):
    train = ["--train", "tiny", "--train-seeds", "2", "--out", tmp_path / "runs"]
    done = harness_process("run", "--methods", "random", "--seeds", "3", *train, "--dry-run")
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1].startswith(
        "3 trials, 0 done; train: at most 3 architectures by tiny x 2 seeds; the rest takes about "
    )


def test_the_debug_executor_runs_the_same_trials(finished, data_home, tmp_path, harness_process):
    out = tmp_path / "runs"
    options = ["--executor", "debug", "--no-report", "--out", out]
    done = harness_process("run", *finished.arguments, *options)
    assert done.returncode == 0, done.stderr

    def architectures(folder):
        rows = json.loads(harness_process("results", folder, "--json").stdout)
        return {row["key"]: row["architecture"] for row in rows}

    assert len(architectures(out)) == 6
    assert architectures(out) == architectures(finished.folder)


def test_a_training_that_fails_is_a_failure(tmp_path, capsys, monkeypatch):
    def fail(trial, splits):
        raise RuntimeError("no luck")

    monkeypatch.setattr("harness.trials.train._measure", fail)
    arguments = ["run", "--methods", "random", "--seeds", "1", "--train", "tiny", "--no-report"]
    assert main([*arguments, "--executor", "debug", "--out", str(tmp_path)]) == 1
    printed = capsys.readouterr().err
    assert "harness: random seed 0: its training failed: RuntimeError: no luck" in printed
