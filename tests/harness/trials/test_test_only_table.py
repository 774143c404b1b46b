"""A ground truth without validation accuracies: nothing selects on it, and every page says so."""

import math
import shutil
from dataclasses import replace

import pandas as pd
import pytest

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.tables import analog_nasbench, find_table
from harness import api, data
from harness.commands import command_line
from harness.execution.answering import Answering
from harness.planning.ground_truth import choose_table
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.storage import frames
from harness.storage.evaluated import join
from harness.storage.manifest import make_manifest
from harness.storage.store import Store
from harness.terminal.showing import show_architecture
from harness.trials.ground_truth import identify
from harness.trials.notebook import BlankNotebook
from harness.trials.search import run_search
from harness.trials.task import SearchTask
from methods import METHODS
from methods.method import Outcome
from reports.groups import group_trials
from reports.tables.published import reproduction_table
from tests.reports.fake_trials import history_of, results_of

NAME = analog_nasbench.NAME


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    path = tmp_path_factory.mktemp("analog") / f"{NAME}.parquet"
    analog_nasbench.build(path)
    return path


@pytest.fixture
def home(made, data_home):
    """A data folder with the made-up table of NAS-Bench-201 and the test-only one."""
    shutil.copy(made, data_home / "nas-bench-201")
    return data_home


def plan_of(methods, table: str | None = NAME):
    request = make_request(
        methods, spaces="nas-bench-201", datasets="cifar10", seeds=2, protocol="paper",
        settings={}, table=table, device="auto",
    )  # fmt: skip
    return make_plan(request)


def test_a_method_that_scores_is_refused_before_anything_runs(home):
    with pytest.raises(UserError) as error:
        plan_of("random,random-search")
    assert str(error.value) == (
        "random-search selects on validation accuracies, and analog-nasbench holds test accuracies "
        "alone: leave random-search out, or name another --table."
    )


def test_a_method_cannot_score_on_test_data_by_its_own_query(home):
    table = identify(choose_table("nas-bench-201", NAME))
    trial = replace(plan_of("random").searches[0], table=table)
    space = SPACES["nas-bench-201"]
    task = SearchTask(trial, space, BlankNotebook(), "cpu")
    with pytest.raises(UserError, match="random selects on validation accuracies"):
        task.score(space.parse("0"), analog_nasbench.QUERY)


def test_it_is_never_chosen_unless_named(home):
    (home / "nas-bench-201" / "nats-bench-public.parquet").unlink()
    with pytest.raises(UserError, match="nats-bench-public is not at"):
        plan_of("random", table=None)


def test_a_missing_table_names_its_command(data_home):
    with pytest.raises(UserError, match="Get it with `python -m harness data import analog-nas"):
        plan_of("random")


def evaluated(store, **changes):
    """Run a plan of two random draws, and return its searches with their ground truth."""
    plan = plan_of("random", **changes)
    records = [run_search(trial, BlankNotebook()) for trial in plan.searches]
    answering = Answering(plan, store)
    return answering.add(records)


def test_an_answer_has_no_validation_accuracy(home, tmp_path):
    store = Store(tmp_path)
    searches = evaluated(store)
    (evaluation,) = searches[0].evaluations
    assert evaluation.valid_value is None
    assert join([each.record for each in searches], store.ground_truth) == searches
    results = frames.results(searches)
    assert results["valid_query"].isna().to_numpy().all()
    assert set(results["test_query"]) == {"cifar10/augmented-test, 200 epochs, one training"}
    assert results["valid_value"].dtype == "float64"
    assert results["valid_value"].isna().tolist() == [True] * 2
    assert results["test_value"].notna().tolist() == [True] * 2
    (told,) = make_manifest(searches).ground_truth
    assert told.queries.startswith("cifar10: valid none, test cifar10/augmented-test")
    # Beside another ground truth the column is there, and the frame stays one of numbers.
    mixed = frames.results([*searches, *evaluated(Store(tmp_path / "beside"), table=None)])
    assert pd.api.types.is_float_dtype(mixed["valid_value"])
    assert mixed["valid_value"].isna().tolist().count(True) == 2


def test_a_search_notes_its_course(home, monkeypatch):
    noted = []

    class Notebook(BlankNotebook):
        def note(self, event):
            noted.append(event)

    def course(self, task):
        task.log(task.space.parse("5"), loss=math.nan)
        return Outcome(task.space.parse("5"))

    monkeypatch.setattr(METHODS["random"], "search", course)
    assert run_search(plan_of("random").searches[0], Notebook()).state == "done"
    assert noted[0].architecture == str(SPACES["nas-bench-201"].parse("5"))


def test_run_makes_the_table_and_the_report_prints_no_validation(empty_data_home, tmp_path, capsys):
    out = tmp_path / "runs"
    found = api.run(
        "random", datasets="cifar10", seeds=3, protocol="paper", table=NAME, out=out, jobs=1
    )
    assert find_table(NAME).path.is_file()
    assert len(found) == 3
    page = (out / "report" / "report.md").read_text()
    assert "nothing may select on it" in page
    assert "valid none, test cifar10/augmented-test, 200 epochs, one training" in page
    assert command_line.main(["results", str(out)]) == 0
    assert "valid_value" not in capsys.readouterr().out  # a column of nothing is left out


def test_show_prints_a_dash(home):
    content, text = show_architecture("13714", "nas-bench-201", NAME)
    assert content["evaluations"]["cifar10"]["valid_value"] is None
    assert "cifar10                –    94.07       1    0.00" in text
    assert text.endswith("Table: analog-nasbench (package 0.1.3), one training.")


def test_results_are_those_of_the_last_table_or_the_named_one(home, tmp_path, capsys):
    out = tmp_path / "runs"
    for name in (NAME, "nats-bench-public"):
        api.run(
            "random",
            datasets="cifar10",
            seeds=1,
            protocol="paper",
            table=name,
            out=out,
            jobs=1,
            report=False,
        )
    assert command_line.main(["results", str(out)]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert "valid_value" in header
    assert len(rows) == 3  # one per dataset of that table
    assert command_line.main(["results", str(out), "--table", NAME]) == 0
    header, *rows = capsys.readouterr().out.splitlines()
    assert "valid_value" not in header
    assert len(rows) == 1


def test_no_published_number_answers_to_it():
    results = results_of("random-search", 4)
    named = results.assign(table=NAME)
    assert reproduction_table(group_trials(results, history_of(results))) is not None
    assert reproduction_table(group_trials(named, history_of(named))) is None


@pytest.mark.parametrize(
    ("name", "file", "message"),
    [
        (NAME, "x.anb", "analog-nasbench is read from its installed package: leave x.anb out."),
        ("nas-bench-201", None, "Which file of nas-bench-201? Give NAS-Bench-201-v1_1-096897.pth"),
        ("analog", None, "Unknown table 'analog'. Did you mean 'analog-nasbench'?"),
    ],
)
def test_mistakes_of_an_import(empty_data_home, capsys, name, file, message):
    assert command_line.main(["data", "import", name, *([file] if file else [])]) == 2
    assert message in capsys.readouterr().err


def test_import(empty_data_home, capsys):
    assert command_line.main(["data", "import", NAME]) == 0
    assert capsys.readouterr().out == f"Table: {find_table(NAME).path}\n"
    states = {item.name: item.state for item in data.verify()}
    assert states[NAME] == "here"
