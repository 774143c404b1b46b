"""A space measured in perplexity, from its table through records to report, terminal and guard."""

import io
import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from rich.console import Console

import harness
from benchmarks import metric as metrics
from benchmarks.metric import ACCURACY, PERPLEXITY, Metric
from benchmarks.tables import open_table
from benchmarks.tables import table as tables
from benchmarks.tables.nas_bench_201 import public_files
from harness.commands.command_line import main
from harness.guard import simulation
from harness.guard.baselines.file import read_baseline
from harness.guard.compare import compare_with_baseline
from harness.guard.rules.equal_searches import compare_first_look
from harness.guard.rules.means import compare_means
from harness.guard.rules.rule import Rule
from harness.storage.evaluated import read_searches
from harness.storage.store import Store, TrialFolder
from harness.terminal.progress import Progress
from harness.trials.record import Event, SearchResult
from tests.conftest import data_home_with
from tests.harness.guard.fake_results import (
    FIRST,
    accuracies,
    fake_results,
    fresh_results,
    recorded_baseline,
    statistics_finding,
    trials,
)

BITS = Metric("bits per word", "bits", higher_is_better=False, decimals=3)


@pytest.fixture
def perplexity_home(made_up_table, tmp_path, monkeypatch):
    """A data folder whose table holds the made-up values as perplexities."""
    yield from home_measured_in(PERPLEXITY, made_up_table, tmp_path, monkeypatch)


@pytest.fixture
def bits_home(made_up_table, tmp_path, monkeypatch):
    """The same in the metric of a plug-in, in a process that knows no other than the built-in."""
    monkeypatch.setattr(metrics, "METRICS", dict(metrics.METRICS))
    yield from home_measured_in(BITS, made_up_table, tmp_path, monkeypatch)


def home_measured_in(
    metric: Metric, made_up_table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    home = data_home_with(made_up_table, tmp_path / "data")
    path = home / "nas-bench-201" / f"{public_files.NAME}.parquet"
    old = tables.read_table(path)
    columns = {
        f"{dataset}/{split}/{epochs}/mean/{metric.name if what == 'accuracy' else what}": values
        for (dataset, split, epochs, what), values in old._means.items()
    }
    card = replace(old.card, metric=metric, description="made up", notes=(), sha256="")
    tables.write_table(path, card, columns)
    monkeypatch.setenv("HARNESS_DATA", str(home))
    yield home
    open_table.cache_clear()


def test_results_and_report_follow_the_metric(perplexity_home, tmp_path, capsys):
    runs = tmp_path / "runs"
    found: Any = harness.run(
        "random-search,random", datasets="cifar10", seeds=4, executor="debug", out=runs,
        settings={"time_budget_seconds": "4000"}, control="random",
    )  # fmt: skip
    assert set(found["metric"]) == {"perplexity"}
    assert (found["regret"] >= 0).all()
    assert (found["regret"] == found["test_value"] - found["optimum"]).all()
    by_value = found[found["dataset"] == "cifar10"].sort_values("test_value")
    assert by_value["rank"].is_monotonic_increasing
    means = found[found["dataset"] == "cifar10"].groupby("method")["test_value"].mean()
    assert means["random-search"] < means["random"]
    history: Any = harness.history(runs)
    scores = history.query("method == 'random-search'").groupby("key")["score"]
    assert all(each.is_monotonic_decreasing for _, each in scores)
    texts = [path.read_text() for path in (runs / "report").rglob("*")
             if path.suffix in (".md", ".csv", ".svg")]  # fmt: skip
    assert len(texts) > 5
    assert not any("accura" in text.lower() for text in texts)
    capsys.readouterr()
    assert main(["results", str(runs)]) == 0
    assert main(["show", str(found["architecture"].iat[0])]) == 0
    printed = capsys.readouterr().out
    assert "perplexity" in printed
    assert "Rank by test perplexity" in printed
    assert "accura" not in printed.lower()
    assert "%" not in printed


def test_a_card_and_its_answers_keep_the_metric(perplexity_home, tmp_path):
    runs = fake_results(tmp_path / "runs", {"random": accuracies(FIRST)})
    (card,) = Store.open(runs).ground_truth.cards()
    assert card.metric == PERPLEXITY
    assert {search.metric for search in read_searches(Store.open(runs))} == {PERPLEXITY}


def test_a_card_brings_its_metric_along(bits_home, tmp_path):
    """A report is made where the plug-in that has the metric is not loaded."""
    runs = fake_results(tmp_path / "runs", {"random": accuracies(FIRST)})
    found = harness.report(runs, formats="md")
    assert set(found["metric"]) == {"bits per word"}
    page = (runs / "report" / "report.md").read_text()
    assert "Test bits per word in bits: nas-bench-201" in page
    assert "accura" not in page.lower()


def test_what_the_supernet_reached_has_a_column_for_every_metric(perplexity_home, tmp_path):
    """A loop names what it logs by the metric; the columns of a frame are the same for all."""
    runs = fake_results(tmp_path / "runs", {"random": accuracies(FIRST)})
    store = Store.open(runs)
    record = store.records()[0]
    assert isinstance(record.result, SearchResult)
    measured = {"epoch": 1.0, "search_train_perplexity": 80.5, "search_valid_perplexity": 90.5}
    event = Event(record.result.architecture, 1.0, measured)
    TrialFolder(store.trials / record.key).note(event)
    history: Any = harness.history(runs)
    assert history["search_train_value"].tolist() == [80.5] * 3
    assert history["search_valid_value"].tolist() == [90.5] * 3
    assert not [name for name in history if "perplexity" in name or "accuracy" in name]


def test_progress_names_the_metric(perplexity_home, tmp_path):
    runs = fake_results(tmp_path / "runs", {"random": accuracies(FIRST)})
    searches = read_searches(Store.open(runs))
    for is_terminal in (False, True):
        output = io.StringIO()
        console = Console(file=output, width=160, force_terminal=is_terminal)
        with Progress(trials("random", FIRST), console) as progress:
            progress.add([search.record for search in searches], searches)
        mean, deviation = 70.0, np.std(list(accuracies(FIRST).values()), ddof=1)
        shown = output.getvalue()
        assert f"{mean:.2f} ± {deviation:.2f}"[:-1] in shown
        assert "%" not in shown
        assert "accuracy" not in shown
        assert ("test perplexity" in shown) == is_terminal


def test_a_higher_perplexity_trips_the_guard_and_a_lower_one_does_not(perplexity_home, tmp_path):
    file = recorded_baseline(tmp_path, "random")
    assert read_baseline(file).metric == PERPLEXITY
    worse = statistics_finding(fresh_results(tmp_path / "worse", 74, later=74), file)
    assert worse.is_red
    assert worse.reason.startswith("perplexity rose. First look: 74.0")
    assert "a rise of" in worse.reason
    better = statistics_finding(fresh_results(tmp_path / "better", 66, later=66), file)
    assert (better.state, better.is_red) == ("unexplained", False)
    assert better.reason.startswith("perplexity dropped. First look: 66.0")
    same = fresh_results(tmp_path / "same")
    assert statistics_finding(same, file).state == "kept"
    (structure,) = compare_with_baseline(same, file, layers=["structure"])
    assert structure.state == "kept", structure.reason
    for finding in (worse, better, structure):
        assert "accura" not in finding.reason
        assert "points" not in finding.reason


def test_a_changed_perplexity_of_the_table_moves_the_structure(perplexity_home, tmp_path):
    file = recorded_baseline(tmp_path, "random")
    content = json.loads(file.read_bytes())
    content["methods"]["random"]["searches"][0]["test_value"] += 1
    file.write_text(json.dumps(content))
    (finding,) = compare_with_baseline(fresh_results(tmp_path), file, layers=["structure"])
    assert finding.is_red
    assert "accura" not in finding.reason


@pytest.mark.parametrize("shift", [-3.0, -0.1, 0.1, 3.0])
@pytest.mark.parametrize(
    ("compare", "recorded"),
    [(compare_means, [50.0, 51.0, 52.0, 53.0]), (compare_first_look, [50.0] * 4)],
)
def test_negated_values_in_the_other_direction_are_judged_alike(compare, recorded, shift):
    fresh = [value + 10 * shift for value in recorded]
    verdicts = {
        compare(
            [sign * value for value in recorded],
            [sign * value for value in fresh],
            Rule(0.01, 1, metric=metric),
        ).verdict
        for metric, sign in ((ACCURACY, 1), (PERPLEXITY, -1))
    }
    assert len(verdicts) == 1


def test_the_simulation_is_of_changes_for_the_worse(perplexity_home, tmp_path, monkeypatch):
    monkeypatch.setattr(simulation, "_FEWER", 2_000)
    page = simulation.simulate_baseline(recorded_baseline(tmp_path, "random"))
    assert "rise of 3 sd" in page
    row = next(line for line in page.splitlines() if "random, both looks" in line)
    false_alarms, *_, greatest = (float(cell) for cell in row.split("|")[2:-1])
    assert false_alarms < 5 < greatest


def test_the_best_of_the_space_has_rank_one(perplexity_home):
    table = open_table(public_files.NAME, perplexity_home / "nas-bench-201" /
                       f"{public_files.NAME}.parquet")  # fmt: skip
    query = table.evaluation("cifar10").test
    best, value = table.optimum(query)
    assert value == table.values(query).min()
    assert int(table.rank(query, best)) == 1
