"""Which ground truth a search gets, and what it costs to change it: never another search."""

import shutil
from typing import Any

import pytest

import harness
from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201 import NasBench201
from benchmarks.tables import table as tables
from benchmarks.tables.nas_bench_201 import public_files
from benchmarks.training.protocol import PROTOCOLS
from harness.commands.command_line import main
from harness.storage.evaluated import read_searches
from harness.storage.store import Store
from tests.harness.tabulation import made_up_table

NAME = public_files.NAME
OFFICIAL = "nas-bench-201-v1.1"
ARGUMENTS: Any = {
    "datasets": "cifar10",
    "seeds": 4,
    "executor": "debug",
    "report": False,
}


def remake(home, name=NAME, shift=0.5):
    """Put a table with other accuracies into the data folder, in another process's place."""
    path = home / "nas-bench-201" / f"{NAME}.parquet"
    old = tables.read_table(path)
    columns = {
        f"{dataset}/{split}/{epochs}/mean/{metric}": values + shift * (metric == "accuracy")
        for (dataset, split, epochs, metric), values in old._means.items()
    }
    card = tables.replace(old.card, name=name, version="remade", sha256="")
    tables.write_table(path.with_stem(name), card, columns)


@pytest.fixture(autouse=True)
def forget_open_tables():
    """A process keeps tables open; here each run stands for a process of its own."""
    yield
    from benchmarks.tables import open_table

    open_table.cache_clear()


def run(out, methods="random,random-search", **changes):
    from benchmarks.tables import open_table

    open_table.cache_clear()
    settings = {"time_budget_seconds": "4000"} if "random-search" in methods else {}
    return harness.run(methods, out=out, settings=settings, **(ARGUMENTS | changes))


def records(out):
    paths = sorted((out / "trials").glob("*/record.json"))
    return {path.parent.name: path.read_bytes() for path in paths}


def test_a_remade_table_runs_only_what_scores_on_it(data_home, tmp_path):
    out = tmp_path / "runs"
    before = run(out)
    kept = records(out)
    old_report = harness.report(out, out=tmp_path / "old", formats="md,csv")
    pages = {path: path.read_bytes() for path in (tmp_path / "old").rglob("*") if path.is_file()}
    remake(data_home)
    after = run(out)
    assert {key: each for key, each in records(out).items() if key in kept} == kept
    new = {
        each.trial.method for each in read_searches(Store.open(out)) if each.record.key not in kept
    }
    assert new == {"random-search"}
    drawn = after.query("method == 'random'").set_index(["seed", "dataset"])["test_value"]
    earlier = before.query("method == 'random'").set_index(["seed", "dataset"])["test_value"]
    assert (drawn - earlier).tolist() == pytest.approx([0.5] * len(drawn))
    assert {path: path.read_bytes() for path in pages} == pages
    old = f"{NAME}@{before['table_sha256'].iat[0]}"
    assert harness.results(out, table=old).equals(old_report)


def test_another_table_adds_answers_and_no_search(data_home, tmp_path):
    remake(data_home, OFFICIAL)
    out = tmp_path / "runs"
    first = run(out, "random")
    kept = records(out)
    second = run(out, "random", table=OFFICIAL)
    assert records(out) == kept
    assert set(first["table"]) == {NAME}
    assert set(second["table"]) == {OFFICIAL}
    assert harness.results(out).equals(second)
    assert harness.results(out, table=NAME).equals(first)
    assert harness.results(out, table=OFFICIAL).equals(second)


def test_two_tables_never_share_a_row(data_home, tmp_path, capsys):
    """A search that scored on one table is never evaluated by another."""
    remake(data_home, OFFICIAL)
    out = tmp_path / "runs"
    run(out)
    run(out, table=OFFICIAL)
    results = harness.results(out)
    tables_of = results.groupby("method")["table"].agg(set).to_dict()
    assert tables_of == {"random": {OFFICIAL}, "random-search": {NAME, OFFICIAL}}
    named = harness.results(out, table=NAME)
    assert set(named["table"]) == {NAME}
    assert set(named["method"]) == {"random", "random-search"}
    capsys.readouterr()
    for arguments, shows_tables in (([], True), (["--table", NAME], False)):
        assert main(["results", str(out), *arguments]) == 0
        assert (OFFICIAL in capsys.readouterr().out) == shows_tables


def test_results_and_reports_need_no_table(data_home, tmp_path):
    out = tmp_path / "runs"
    run(out, report=True)
    report = {path: path.read_bytes() for path in (out / "report").rglob("*") if path.is_file()}
    results, history = harness.results(out), harness.history(out)
    moved = tmp_path / "elsewhere"
    shutil.copytree(out, moved)
    shutil.rmtree(moved / "report")
    shutil.rmtree(data_home)
    assert harness.results(moved).equals(results)
    assert harness.history(moved).equals(history)
    assert not history["test_value"].isna().to_numpy().any()
    harness.report(moved)
    again = {path: (moved / path.relative_to(out)).read_bytes() for path in report}
    assert again == report


def test_a_run_adds_the_answers_that_a_kill_has_cost(data_home, tmp_path):
    out = tmp_path / "runs"
    whole = run(out)
    (answers,) = (out / "ground_truth").glob("*/answers.jsonl")
    lines = answers.read_bytes().splitlines(keepends=True)
    answers.write_bytes(b"".join(lines[: len(lines) // 2]))
    assert harness.results(out)["test_value"].isna().to_numpy().any()
    kept = records(out)
    assert run(out).equals(whole)
    assert records(out) == kept
    assert sorted(answers.read_bytes().splitlines(keepends=True)) == sorted(lines)


def test_a_table_that_no_run_used_is_an_error(data_home, tmp_path):
    run(tmp_path, "random")
    for read in (harness.results, harness.history, harness.report):
        with pytest.raises(
            UserError, match=f"ground truth from the table {OFFICIAL}. Available there: "
        ):
            read(tmp_path, table=OFFICIAL)


def test_a_search_without_a_table_is_a_search_all_the_same(data_home, tmp_path):
    run(tmp_path, "random")
    shutil.rmtree(tmp_path / "ground_truth")
    (search, *_) = read_searches(Store.open(tmp_path))
    assert (search.ground_truth, search.evaluations, search.datasets) == (None, (), ("cifar10",))
    results = harness.results(tmp_path)
    assert results["state"].tolist() == ["done"] * 4
    assert results["test_value"].isna().to_numpy().all()
    assert not results["architecture"].isna().to_numpy().any()
    harness.report(tmp_path)


def test_a_named_table_evaluates_only_what_it_was_used_for(data_home, tmp_path):
    """Searches of another dataset that found the same architecture by chance are left out."""
    remake(data_home, OFFICIAL)
    run(tmp_path, "random", seeds=30)
    run(tmp_path, "random", seeds=30, datasets="cifar100", table=OFFICIAL)
    named = harness.results(tmp_path, table=NAME)
    assert set(named["search_dataset"]) == {"cifar10"}
    assert set(harness.results(tmp_path)["search_dataset"]) == {"cifar10", "cifar100"}


@pytest.mark.parametrize("text", ["", "@", f"{NAME}@", f"{NAME}@zz", "other@"])
def test_odd_names_of_tables_name_none(data_home, tmp_path, text):
    run(tmp_path, "random")
    with pytest.raises(UserError, match="No result in .* has ground truth from the table"):
        harness.results(tmp_path, table=text)


def test_several_tables_of_a_name_are_distinguished_by_digits(data_home, tmp_path):
    run(tmp_path, "random")
    remake(data_home)
    run(tmp_path, "random")
    with pytest.raises(
        UserError, match=f"{NAME} stands for several tables here. Choose one: "
    ) as e:
        harness.results(tmp_path, table=NAME)
    shown = str(e.value).partition("Choose one: ")[2].rstrip(".").split(", ")
    assert len(shown) == 2
    both = [set(harness.results(tmp_path, table=each)["table_version"]) for each in shown]
    assert both in ([{"made up"}, {"remade"}], [{"remade"}, {"made up"}])


def test_searches_that_scored_on_two_tables_have_rows_of_their_own(tmp_path, monkeypatch):
    """Trained, both are evaluated alike, and the report tells them apart."""
    monkeypatch.setitem(PROTOCOLS, "tiny", made_up_table.SHORT)
    monkeypatch.setattr(NasBench201, "network_sizes", {"tiny": made_up_table.SIZE})
    rows = []
    for name in ("one", "two"):
        table = made_up_table.finished(tmp_path / f"{name}.parquet")
        rows = harness.run(
            "random-search",
            seeds=2,
            table=str(table),
            train="tiny",
            train_seeds=1,
            settings={"budget_in_mean_costs": 3},
            executor="debug",
            out=tmp_path / "runs",
        )
    assert len(rows) == 2
    results: Any = harness.report(tmp_path / "runs", formats="md")
    assert results["scored_on"].nunique() == 2
    page = (tmp_path / "runs" / "report" / "report.md").read_text()
    assert "random-search, scored on one@" in page
    assert "random-search, scored on two@" in page


def test_architectures_on_the_way_have_no_accuracies_from_trainings(tmp_path, monkeypatch):
    """Only some are ones that another search ended in: such a course would mislead."""
    monkeypatch.setitem(PROTOCOLS, "tiny", made_up_table.SHORT)
    monkeypatch.setattr(NasBench201, "network_sizes", {"tiny": made_up_table.SIZE})
    for seeds in (8, 4):
        harness.run(
            "random-search",
            seeds=seeds,
            train="tiny",
            train_seeds=1,
            settings={"budget_in_mean_costs": 5},
            executor="debug",
            out=tmp_path,
        )
    results, history = harness.results(tmp_path), harness.history(tmp_path)
    assert not results["test_value"].isna().to_numpy().any()
    passed = set(history["architecture"]) - set(results["architecture"])
    assert len(passed) > 0
    assert history["test_value"].isna().to_numpy().all()
    assert not list((tmp_path / "report" / "figures").glob("anytime*"))
