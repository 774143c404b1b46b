"""Reference results as files: written once, read whole or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.errors import UserError
from benchmarks.metric import ACCURACY, EARLIER_NAMES
from reports.formats.csv import table_to_csv
from reports.frames import RESULT_COLUMNS
from reports.groups import group_trials
from reports.reference.files import FOLDER, read_reference, write_reference
from reports.tables.results import main_table
from tests.reports.fake_trials import NO_HISTORY, epochs_of
from tests.reports.reference.fake_reference import NAME, ORIGIN, tables_of, write_to


def values(frame: pd.DataFrame, columns: Sequence[str]) -> list[list[object]]:
    return [
        ["" if pd.isna(value) else value for value in row]
        for row in frame.loc[:, list(columns)].to_numpy(dtype=object).tolist()
    ]


def test_what_is_read_is_what_was_written(searches: pd.DataFrame, tmp_path: Path):
    write_to(tmp_path, searches.assign(another_column="kept"))
    (found,) = read_reference(tmp_path)
    assert (found.name, found.origin) == (NAME, ORIGIN)
    assert set(found.results["another_column"]) == {"kept"}
    (written,) = group_trials(searches, epochs_of(searches))
    (group,) = group_trials(found.results, found.history)
    # Bit for bit, except for how a missing string is stored.
    assert values(group.results, RESULT_COLUMNS) == values(written.results, RESULT_COLUMNS)
    numbers = ("epoch", "entropy", "search_train_loss", "test_value", "count_skip_connect")
    assert values(group.history, numbers) == values(written.history, numbers)
    assert table_to_csv(main_table(group)) == table_to_csv(main_table(written))


def test_files_with_the_earlier_names_of_columns_are_read(searches: pd.DataFrame, tmp_path: Path):
    """As they were written when accuracy was the only metric."""
    earlier = {new: old for old, new in EARLIER_NAMES.items()}
    later = ["metric", "test_training_sd", "training_seeds"]
    history = epochs_of(searches).rename(columns=earlier)
    before = searches.drop(columns=later).rename(columns=earlier)
    assert "test_accuracy" in before
    assert "search_train_accuracy" in history
    write_reference(before, history, ORIGIN, tmp_path / NAME)
    (found,) = read_reference(tmp_path)
    (written,) = group_trials(searches, epochs_of(searches))
    (group,) = group_trials(found.results, found.history)
    assert values(group.results, RESULT_COLUMNS) == values(written.results, RESULT_COLUMNS)
    numbers = ("test_value", "search_train_value")
    assert values(group.history, numbers) == values(written.history, numbers)
    assert group.metric == ACCURACY


def test_the_same_trials_give_the_same_bytes_in_any_order(searches: pd.DataFrame, tmp_path: Path):
    first = write_to(tmp_path, searches)
    shuffled, history = (
        frame.sample(frac=1, random_state=3) for frame in (searches, epochs_of(searches))
    )
    second = tmp_path / "second" / NAME
    write_reference(shuffled, history, ORIGIN, second)
    names = sorted(path.name for path in first.iterdir())
    assert names == ["history.csv.gz", "origin.toml", "results.csv"]
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
    time_of_writing = (first / "history.csv.gz").read_bytes()[4:8]  # RFC 1952, section 2.3
    assert time_of_writing == bytes(4)


def test_without_a_history_there_is_no_file_for_it(searches: pd.DataFrame, tmp_path: Path):
    write_reference(searches, NO_HISTORY, ORIGIN, tmp_path / NAME)
    assert not (tmp_path / NAME / "history.csv.gz").exists()
    (found,) = read_reference(tmp_path)
    assert found.history.empty
    assert tables_of(NO_HISTORY, found)["reference"]


def test_names_dates_and_protocols_are_checked(searches: pd.DataFrame, tmp_path: Path):
    with pytest.raises(UserError, match=r"'mine' does not begin with .* Name the folder 2026-12-0"):
        write_to(tmp_path, searches, "mine")
    with pytest.raises(UserError, match="There are no trials to write"):
        write_reference(searches.head(0), NO_HISTORY, ORIGIN, tmp_path / NAME)
    with pytest.raises(UserError, match="Protocol quick is a machinery check, which is never"):
        write_reference(
            searches.assign(protocol="quick"), NO_HISTORY, ORIGIN, tmp_path / NAME, {"quick"}
        )
    assert list(tmp_path.iterdir()) == []
    write_to(tmp_path, searches)
    with pytest.raises(UserError, match="already exists, and reference results are never changed"):
        write_to(tmp_path, searches)


def test_the_oldest_are_read_first(searches: pd.DataFrame, tmp_path: Path):
    assert read_reference(tmp_path / "nowhere") == ()
    write_to(tmp_path, searches)
    write_to(tmp_path, searches, "2026-02-03-earlier", date=date(2026, 2, 3))
    (tmp_path / "README.md").write_text("what belongs here")
    (tmp_path / ".2026-03-04-half-written.0123.tmp").mkdir()
    assert [each.name for each in read_reference(tmp_path)] == ["2026-02-03-earlier", NAME]


def test_the_folder_of_the_harness_is_readable():
    assert (FOLDER / "README.md").is_file()
    assert isinstance(read_reference(), tuple)


def damage(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("results.csv", "54.3", "94.3", "results.csv does not match its SHA-256"),
        ("origin.toml", "date = 2026-12-01", "date = 2026-12-02", "does not begin with its date"),
        ("origin.toml", "date = 2026-12-01", "date = 7", "7 is not a date"),
        ("origin.toml", "commit", "comment", "commit is missing"),
        ("origin.toml", "[sha256]", "[other]", "sha256 is missing"),
        ("origin.toml", "device = ", "device ", "origin.toml"),
    ],
)
def test_damage_is_reported(
    searches: pd.DataFrame, tmp_path: Path, file: str, old: str, new: str, words: str
):
    damage(write_to(tmp_path, searches), file, old, new)
    with pytest.raises(UserError) as caught:
        read_reference(tmp_path)
    text = str(caught.value)
    assert text.startswith(f"The reference results {tmp_path / NAME} are damaged: ")
    assert words in text
    assert text.endswith("Restore the folder, or remove it.")


@pytest.mark.parametrize("file", ["results.csv", "history.csv.gz", "origin.toml"])
def test_a_missing_or_truncated_file_is_reported(searches: pd.DataFrame, tmp_path: Path, file: str):
    path = write_to(tmp_path, searches) / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match=f"are damaged: .*{file}"):
        read_reference(tmp_path)
    path.unlink()
    with pytest.raises(UserError, match=f"are damaged: {file}: No such file"):
        read_reference(tmp_path)


def test_a_missing_column_is_reported(searches: pd.DataFrame, tmp_path: Path):
    write_to(tmp_path, searches.drop(columns="percentile"))
    with pytest.raises(UserError, match="are damaged: the column percentile is missing"):
        read_reference(tmp_path)
