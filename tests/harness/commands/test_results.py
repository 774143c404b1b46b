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


def test_a_table_that_the_run_used(finished, harness_process):
    """By its name, or by its name and digits of its hash; see test_command_line for others."""
    out = finished.folder
    printed = harness_process("results", out, "--csv").stdout
    (sha256,) = set(pd.read_csv(io.StringIO(printed))["table_sha256"])
    for name in ("nats-bench-public", f"nats-bench-public@{sha256[:8]}"):
        assert harness_process("results", out, "--csv", "--table", name).stdout == printed


def test_history(finished, harness_process):
    out = finished.folder
    rows = json.loads(harness_process("results", out, "--history", "--json").stdout)
    assert {row["method"] for row in rows} == {"random-search"}  # `random` has no history
    assert all(json.loads(row["arrays"]) == {} for row in rows)
    table = harness_process("results", out, "--history").stdout
    assert len(table.splitlines()) == 1 + len(rows)


def test_no_results(tmp_path, harness_process):
    (tmp_path / "store.json").write_text('{"format": 1}')
    assert harness_process("results", tmp_path).stdout == "No finished searches.\n"
