"""Dated records: written once, read whole or not at all, shown in rows of their own."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.errors import UserError
from reports import recorded
from reports.document import write as write_report
from reports.pages import compose
from reports.recorded import About, Recorded, joined, load
from reports.rendering import to_markdown
from reports.summary import main_table
from reports.tables import Table, to_csv
from reports.trials import RESULT_COLUMNS, collect, select
from tests.reports.frames import epochs_of, failed, gradient_results, manifest, results_of

ABOUT = About(
    date=date(2026, 12, 1),
    device="one NVIDIA H100 80GB HBM3",
    command="python -m harness run --methods darts-1st --protocol paper --device cuda",
    commit="89abcdef" * 5,
    versions={"torch": "2.9.0", "numpy": "2.4.6"},
    note='Said "twice", in C:\\runs\nand µs.',
)
NAME = "2026-12-01-darts-1st-nas-bench-201"
NO_HISTORY = pd.DataFrame()


@pytest.fixture
def searches() -> pd.DataFrame:
    """Four searches on a GPU, of which one collapsed and one failed."""
    found = gradient_results(collapsing=(2,), device="cuda", key="r").assign(overrides="")
    found["key"] = "recorded-" + found["seed"].astype(str)
    # Digests of digits alone, or that look like a power of ten, are words.
    found = found.assign(settings_digest="12345678", truth_version="1.0")
    return failed(found, {3}, "killed, at night")


def record(folder: Path, results: pd.DataFrame, name: str = NAME, **changes: object) -> Path:
    recorded.write(results, epochs_of(results), replace(ABOUT, **changes), folder / name)  # pyright: ignore
    return folder / name


def made(results: pd.DataFrame, name: str = NAME) -> Recorded:
    about = replace(ABOUT, date=date.fromisoformat(name[:10]))
    return Recorded(name, about, results, epochs_of(results))


def tables_of(results: pd.DataFrame, *records: Recorded) -> dict[str, str]:
    one = results if results.empty else select(results, results["dataset"].eq("cifar10"))
    report = compose(one, NO_HISTORY, manifest(), records)
    return {table.name: to_csv(table) for table in report.of_type(Table)}


def values(frame: pd.DataFrame, columns: Sequence[str]) -> list[list[object]]:
    return [
        ["" if pd.isna(value) else value for value in row]
        for row in frame.loc[:, list(columns)].to_numpy(dtype=object).tolist()
    ]


def test_what_is_read_is_what_was_written(searches: pd.DataFrame, tmp_path: Path):
    record(tmp_path, searches.assign(another_column="kept"))
    (found,) = load(tmp_path)
    assert (found.name, found.about) == (NAME, ABOUT)
    assert set(found.results["another_column"]) == {"kept"}
    (written,) = collect(searches, epochs_of(searches))
    (group,) = collect(found.results, found.history)
    # Bit for bit, but for how a missing word is told.
    assert values(group.results, RESULT_COLUMNS) == values(written.results, RESULT_COLUMNS)
    numbers = ("epoch", "entropy", "search_train_loss", "test_accuracy", "count_skip_connect")
    assert values(group.history, numbers) == values(written.history, numbers)
    assert to_csv(main_table(group)) == to_csv(main_table(written))


def test_the_same_trials_give_the_same_bytes_in_any_order(searches: pd.DataFrame, tmp_path: Path):
    first = record(tmp_path, searches)
    shuffled, history = (
        frame.sample(frac=1, random_state=3) for frame in (searches, epochs_of(searches))
    )
    second = tmp_path / "second" / NAME
    recorded.write(shuffled, history, ABOUT, second)
    names = sorted(path.name for path in first.iterdir())
    assert names == ["history.csv.gz", "record.toml", "results.csv"]
    for name in names:
        assert (first / name).read_bytes() == (second / name).read_bytes()
    time_of_writing = (first / "history.csv.gz").read_bytes()[4:8]  # RFC 1952, section 2.3
    assert time_of_writing == bytes(4)


def test_without_a_history_there_is_no_file_of_it(searches: pd.DataFrame, tmp_path: Path):
    recorded.write(searches, NO_HISTORY, ABOUT, tmp_path / NAME)
    assert not (tmp_path / NAME / "history.csv.gz").exists()
    (found,) = load(tmp_path)
    assert found.history.empty
    assert tables_of(NO_HISTORY, found)["recorded"]


def test_what_a_record_says_of_itself_comes_from_the_manifest():
    shown = manifest(device="one NVIDIA H100", commit=None)
    about = recorded.about(shown, note="cold")
    assert (about.date, about.device) == (date(2026, 1, 2), "one NVIDIA H100")
    assert (about.command, about.commit, about.note) == (shown.command, "", "cold")
    assert about.versions == shown.versions


def test_names_dates_and_protocols_are_checked(searches: pd.DataFrame, tmp_path: Path):
    with pytest.raises(UserError, match=r"'mine' does not begin with .* Call the record 2026-12-0"):
        record(tmp_path, searches, "mine")
    with pytest.raises(UserError, match="There is no trial to record"):
        recorded.write(searches.head(0), NO_HISTORY, ABOUT, tmp_path / NAME)
    with pytest.raises(UserError, match="Protocol quick is a machinery check, whose results are"):
        recorded.write(
            searches.assign(protocol="quick"), NO_HISTORY, ABOUT, tmp_path / NAME, {"quick"}
        )
    assert list(tmp_path.iterdir()) == []
    record(tmp_path, searches)
    with pytest.raises(UserError, match="exists already, and a record is never changed"):
        record(tmp_path, searches)


def test_records_are_read_in_the_order_of_their_dates(searches: pd.DataFrame, tmp_path: Path):
    assert load(tmp_path / "nowhere") == ()
    record(tmp_path, searches)
    record(tmp_path, searches, "2026-02-03-earlier", date=date(2026, 2, 3))
    (tmp_path / "README.md").write_text("what belongs here")
    (tmp_path / ".2026-03-04-half-written.0123.tmp").mkdir()
    assert [each.name for each in load(tmp_path)] == ["2026-02-03-earlier", NAME]


def test_the_folder_of_the_harness_is_readable():
    assert (recorded.FOLDER / "README.md").is_file()
    assert isinstance(load(), tuple)


def spoilt(folder: Path, file: str, old: str, new: str) -> None:
    path = folder / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


@pytest.mark.parametrize(
    ("file", "old", "new", "words"),
    [
        ("results.csv", "54.3", "94.3", "results.csv is not what was written"),
        ("record.toml", "date = 2026-12-01", "date = 2026-12-02", "does not begin with its date"),
        ("record.toml", "date = 2026-12-01", "date = 7", "its date is 7"),
        ("record.toml", "commit", "comment", "it lacks commit"),
        ("record.toml", "[sha256]", "[other]", "it lacks sha256"),
        ("record.toml", "device = ", "device ", "record.toml"),
    ],
)
def test_a_damaged_record_is_told(
    searches: pd.DataFrame, tmp_path: Path, file: str, old: str, new: str, words: str
):
    spoilt(record(tmp_path, searches), file, old, new)
    with pytest.raises(UserError) as caught:
        load(tmp_path)
    text = str(caught.value)
    assert text.startswith(f"The record {tmp_path / NAME} is damaged: ")
    assert words in text
    assert text.endswith("Restore the folder, or remove it.")


@pytest.mark.parametrize("file", ["results.csv", "history.csv.gz", "record.toml"])
def test_a_missing_or_cut_off_file_is_told(searches: pd.DataFrame, tmp_path: Path, file: str):
    path = record(tmp_path, searches) / file
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UserError, match=f"is damaged: .*{file}"):
        load(tmp_path)
    path.unlink()
    with pytest.raises(UserError, match=f"is damaged: {file}: No such file"):
        load(tmp_path)


def test_a_record_without_a_column_is_told(searches: pd.DataFrame, tmp_path: Path):
    record(tmp_path, searches.drop(columns="percentile"))
    with pytest.raises(UserError, match="is damaged: it lacks the column percentile"):
        load(tmp_path)


def test_recorded_trials_stand_in_their_group_in_rows_of_their_own(searches: pd.DataFrame):
    fresh = results_of("darts-1st", 2, settings_digest="12345678")
    results, history = joined(fresh, NO_HISTORY, [made(searches)])
    (group,) = collect(results, history)
    assert set(group.rows) == {"darts-1st", "darts-1st, recorded 2026-12-01"}
    counts = group.trials["row"].value_counts().to_dict()
    assert counts == {"darts-1st": 2, "darts-1st, recorded 2026-12-01": 4}
    assert set(group.epochs["row"]) == {"darts-1st, recorded 2026-12-01"}


def test_versions_are_told_apart_across_records(searches: pd.DataFrame):
    fresh = results_of("darts-1st", 2, settings_digest="12345678", method_version="2")
    (group,) = collect(*joined(fresh, NO_HISTORY, [made(searches)]))
    assert set(group.rows) == {"darts-1st v2", "darts-1st v1, recorded 2026-12-01"}


@pytest.mark.parametrize("change", [{"truth": "another"}, {"protocol": "common"}])
def test_what_is_not_comparable_is_a_group_of_its_own(
    searches: pd.DataFrame, change: dict[str, str]
):
    fresh = results_of("darts-1st", 2)
    groups = collect(*joined(fresh, NO_HISTORY, [made(searches.assign(**change))]))
    assert sorted(group.rows for group in groups) == [
        ("darts-1st",), ("darts-1st, recorded 2026-12-01",),
    ]  # fmt: skip


def test_a_trial_that_is_fresh_is_not_shown_twice(searches: pd.DataFrame):
    fresh = select(searches, searches["seed"].isin([0, 1]))
    results, _ = joined(fresh, NO_HISTORY, [made(searches)])
    assert not results.duplicated(["key", "dataset"]).any()
    marks = results.drop_duplicates("key").set_index("key")["recorded"].fillna("")
    assert marks.to_dict() == {
        "recorded-0": "", "recorded-1": "", "recorded-2": "2026-12-01", "recorded-3": "2026-12-01",
    }  # fmt: skip
    assert "recorded" not in tables_of(searches, made(searches))


def test_of_two_records_the_newer_one_has_the_trial(searches: pd.DataFrame):
    older = made(searches, "2026-02-03-older")
    newer = made(select(searches, searches["seed"].eq(1)))
    results, _ = joined(NO_HISTORY, NO_HISTORY, [newer, older])
    marks = results.drop_duplicates("key").set_index("key")["recorded"].to_dict()
    assert marks["recorded-1"] == "2026-12-01"
    assert {mark for key, mark in marks.items() if key != "recorded-1"} == {"2026-02-03"}


def test_records_of_one_date_are_told_apart_by_their_names(searches: pd.DataFrame):
    second = searches.assign(key=searches["key"] + "b")
    results, history = joined(
        NO_HISTORY, NO_HISTORY, [made(searches), made(second, "2026-12-01-again")]
    )
    (group,) = collect(results, history)
    assert set(group.rows) == {
        f"darts-1st, recorded {NAME}", "darts-1st, recorded 2026-12-01-again",
    }  # fmt: skip


def test_the_first_page_says_how_recorded_rows_came_about(searches: pd.DataFrame):
    fresh = results_of("random-search", 3)
    tables = tables_of(fresh, made(searches))
    (line,) = csv.DictReader(io.StringIO(tables["recorded"]))
    assert line["method"] == "darts-1st, recorded 2026-12-01"
    assert (line["record"], line["date"], line["protocol"]) == (NAME, "2026-12-01", "paper")
    assert (line["device"], line["commit"]) == (ABOUT.device, ABOUT.commit)
    assert (line["command"], line["seeds"], line["runs"]) == (ABOUT.command, "0 to 3", "4")
    assert line["states"] == "3 done, 1 failed; 1 collapsed (6 to 79 %)"
    assert "recorded" not in tables["runs"]
    report = compose(fresh, NO_HISTORY, manifest(), [made(searches)])
    text = to_markdown(report)
    assert "Recorded rows" in text
    assert ABOUT.command in text


def test_recorded_rows_answer_to_the_publication(searches: pd.DataFrame):
    reproduction = tables_of(results_of("random-search", 3), made(searches))["reproduction"]
    assert "darts-1st, recorded 2026-12-01" in reproduction
    assert "undecided" in reproduction


def test_a_report_of_records_alone(searches: pd.DataFrame):
    report = compose(NO_HISTORY, NO_HISTORY, manifest(), [made(searches)])
    text = to_markdown(report)
    assert "No trial is on record yet." in text
    assert "What was run" not in text
    assert "darts-1st, recorded 2026-12-01" in text


def test_recorded_machinery_checks_are_refused(searches: pd.DataFrame, tmp_path: Path):
    shown = manifest(machinery_checks=frozenset({"quick"}))
    quick = made(searches.assign(protocol="quick"))
    with pytest.raises(UserError, match=f"leave it out of the record {NAME}."):
        write_report(NO_HISTORY, NO_HISTORY, shown, tmp_path, recorded=[quick])
    assert list(tmp_path.iterdir()) == []


def test_records_as_files_make_the_same_report(searches: pd.DataFrame, tmp_path: Path):
    one = select(searches, searches["dataset"].eq("cifar10"))
    records = tmp_path / "records"
    record(records, one)
    fresh = results_of("darts-1st", 2, {"cifar10": (90.0, 1.0)})
    forms = ("md", "pdf")
    contents = []
    for number, shown in enumerate(([made(one)], load(records), load(tmp_path / "nowhere"))):
        out = tmp_path / str(number)
        files = write_report(fresh, NO_HISTORY, manifest(), out, forms, shown)
        contents.append({name: path.read_bytes() for name, path in files.items()})
    assert contents[0] == contents[1]
    assert contents[0]["report.md"] != contents[2]["report.md"]
