"""Reading and writing baseline files."""

import json
from pathlib import Path

import pytest

from benchmarks.errors import UserError
from benchmarks.metric import ACCURACY
from harness.guard.baselines.file import read_baseline, write_baseline
from tests.harness.guard.fake_results import RECORDED

pytestmark = pytest.mark.usefixtures("data_home")


def test_a_file_reads_back_and_has_a_line_per_seed(baseline_file, tmp_path):
    found = read_baseline(baseline_file)
    write_baseline(tmp_path / "again.json", found)
    assert (tmp_path / "again.json").read_bytes() == baseline_file.read_bytes()
    lines = [line for line in baseline_file.read_text().splitlines() if '"test_value"' in line]
    assert len(lines) == len(RECORDED)


@pytest.mark.parametrize("path", sorted(Path("tests/baselines").glob("*.json")), ids=str)
def test_baselines_from_before_metrics_keep_every_value(path):
    names = ("seed", "valid_accuracy", "test_accuracy", "architecture")
    baseline = read_baseline(path)
    assert baseline.metric == ACCURACY
    for name, method in json.loads(path.read_bytes())["methods"].items():
        recorded = baseline.methods[name].searches
        assert [tuple(vars(each).values()) for each in recorded] == [
            tuple(each[field] for field in names) for each in method["searches"]
        ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "does not exist. Record one with"),
        ("{}", "is not a valid baseline"),
        ("{", "is not a valid baseline"),
        ("[]", "is not a valid baseline"),
        ('{"format": 1}', "has baseline format 1, .* reads format 2: remove the file"),
    ],
)
def test_an_unreadable_file_is_a_user_error(tmp_path, content, message):
    if content is not None:
        (tmp_path / "b.json").write_text(content)
    with pytest.raises(UserError, match=message):
        read_baseline(tmp_path / "b.json")
