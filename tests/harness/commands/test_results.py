"""`results`: a short table, or everything as CSV or JSON."""

import io
import json

import pandas as pd


def test_csv_json_and_table(finished, harness_process):
    out = finished.folder
    printed = harness_process("results", out, "--csv").stdout
    csv = pd.read_csv(io.StringIO(printed), keep_default_na=False)
    rows = json.loads(harness_process("results", out, "--json").stdout)
    assert len(csv) == len(rows) == 2 * 3 * 3
    assert csv["architecture"].tolist() == [row["architecture"] for row in rows]
    table = harness_process("results", out).stdout
    assert table.splitlines()[0].split()[:3] == ["method", "protocol", "search_dataset"]
    assert len(table.splitlines()) == 1 + 18


def test_history(finished, harness_process):
    out = finished.folder
    rows = json.loads(harness_process("results", out, "--history", "--json").stdout)
    assert {row["method"] for row in rows} == {"random-search"}  # `random` has no history
    assert all(json.loads(row["arrays"]) == {} for row in rows)
    table = harness_process("results", out, "--history").stdout
    assert len(table.splitlines()) == 1 + len(rows)


def test_no_results(tmp_path, harness_process):
    (tmp_path / "store.json").write_text('{"format": 1}')
    assert harness_process("results", tmp_path).stdout == "No finished trials.\n"
