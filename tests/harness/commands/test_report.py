"""`report`: the same report again, in other formats, with a control."""


def test_the_report_on_the_same_records_is_the_same_bytes(finished, tmp_path, harness_process):
    first, again = finished.folder / "report", tmp_path / "again"
    done = harness_process("report", finished.folder, "--out", again)
    assert done.returncode == 0, done.stderr
    assert done.stdout == f"Report: {again}\n"
    names = {path.relative_to(again) for path in again.rglob("*") if path.is_file()}
    assert names == {path.relative_to(first) for path in first.rglob("*") if path.is_file()}
    for name in names:
        assert (again / name).read_bytes() == (first / name).read_bytes(), name


def test_formats_and_a_control(finished, tmp_path, harness_process):
    out = tmp_path / "md"
    arguments = ["report", finished.folder, "--out", out, "--formats", "md"]
    done = harness_process(*arguments, "--control", "random")
    assert done.returncode == 0, done.stderr
    assert "Against random" in (out / "report.md").read_text()
    assert not (out / "report.pdf").exists()


def test_an_unknown_format(finished, harness_process):
    done = harness_process("report", finished.folder, "--formats", "pfd")
    assert done.returncode == 2
    assert "Did you mean 'pdf'?" in done.stderr
