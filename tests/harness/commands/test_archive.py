"""`archive`: finished trials become reference results."""

import json

from reports.reference.files import read_reference


def test_finished_trials_are_kept_for_later_reports(finished, tmp_path, harness_process):
    out = finished.folder
    rows = json.loads(harness_process("results", out, "--json").stdout)
    name = f"{max(row['finished_at'] for row in rows)[:10]}-random-search"
    kept = tmp_path / "reference" / name
    only = ["--methods", "random-search", "--note", "Made up."]
    done = harness_process("archive", out, "--out", kept, *only)
    assert done.stdout == f"3 trials archived in {kept}\n", done.stderr
    assert 'note = "Made up."' in (kept / "origin.toml").read_text()
    (found,) = read_reference(kept.parent)
    assert set(found.results["method"]) == {"random-search"}
    assert len(found.history) > 9
    again = harness_process("archive", out, "--out", kept)
    assert again.returncode == 2
    assert "already exists" in again.stderr
    none = harness_process("archive", out, "--out", tmp_path / name, "--methods", "darts-1st")
    assert none.returncode == 2
    assert "holds no finished trial of that kind" in none.stderr
