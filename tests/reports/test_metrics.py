"""Reports of values of which lower ones are better, and of architectures that were trained."""

from __future__ import annotations

import json

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import UserError
from reports.document.composition import compose_document
from reports.document.elements import Document
from reports.figures.canvas import Picture
from reports.figures.seeds import seeds_figure
from reports.formats.csv import table_to_csv
from reports.formats.markdown import document_to_markdown
from reports.formats.pdf import _document_data
from reports.frames import select
from reports.groups import Group, group_trials
from reports.tables.controls import against_control_table, against_random_table
from reports.tables.published import published_for
from reports.tables.results import main_table
from reports.tables.table import Table
from tests.reports.fake_trials import (
    DRAWN,
    GOOD,
    NO_HISTORY,
    epochs_of,
    gradient_results,
    group_of,
    history_of,
    in_perplexity,
    manifest,
    results_of,
    together,
    trained_results,
)
from tests.reports.readers import markdown, rows_of

WORDS = {
    "footnotes": (),
    "protocols": (),
    "ground_truth": (),
    "machinery_checks": frozenset({"quick"}),
}


def searches() -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two methods and the control with accuracies, one search without ground truth."""
    one = {"cifar10": GOOD["cifar10"]}
    search = results_of("random-search", 12, one)
    drawn = results_of("random", 12, {"cifar10": DRAWN["cifar10"]})
    found = gradient_results(seeds=12, collapsing=(1,))
    found = select(found, found["dataset"].eq("cifar10"))
    quick = results_of("random-search", 2, one, protocol="quick", table="another")
    quick["key"] += "-quick"
    unknown = results_of("asap", 2, one)
    unknown.loc[unknown["seed"].eq(1), ["test_value", "reason"]] = [np.nan, "its training failed"]
    results = together(search, drawn, found, quick, unknown)
    return results, together(history_of(search), epochs_of(found, epochs=3))


@pytest.fixture(scope="module")
def document() -> Document:
    results, history = (in_perplexity(frame) for frame in searches())
    return compose_document(results, history, manifest(**WORDS), control="random-search")


def groups_of_both() -> tuple[Group, Group]:
    """The group of protocol `paper` in accuracies, and mirrored."""
    results, history = searches()
    pairs = [(results, history), (in_perplexity(results), in_perplexity(history))]
    first, second = (
        next(group for group in group_trials(*pair) if group.protocol == "paper") for pair in pairs
    )
    return first, second


def test_no_file_of_a_report_speaks_of_accuracy(document: Document):
    """Matplotlib writes the texts of a figure into its SVG, as comments."""
    texts = [document_to_markdown(document), json.dumps(_document_data(document))]
    texts += [table_to_csv(table) for table in document.of_type(Table)]
    texts += [picture.svg.decode() for picture in document.of_type(Picture)]
    assert len(texts) > 12
    for text in texts:
        assert "accura" not in text.lower()
        assert "%, perplexity" not in text.lower()
    axes = [picture.svg.decode() for picture in document.of_type(Picture)]
    assert sum("<!-- test perplexity -->" in svg for svg in axes) >= 3
    page = texts[0]
    for words in (
        "Test perplexity: nas-bench-201", "done without perplexity", "Its perplexities say nothing",
        "a validation perplexity", "lower perplexities are better",
        "Below zero the method is better",
    ):  # fmt: skip
        assert words in page


def test_the_best_row_is_the_one_with_the_lowest_mean():
    _, group = groups_of_both()
    rows = rows_of(main_table(group))
    *ours, best = [row for row in rows if row["mean"]]
    assert best["method"] == "best of the table"
    ranked = [row for row in ours if row["method"] not in ("random", "random-ws")]
    means = [float(row["mean"]) for row in ranked]
    assert means == sorted(means)
    assert float(best["mean"]) <= min(means)
    for row in ours:
        assert float(row["regret"]) == pytest.approx(float(row["mean"]) - float(best["mean"]))
        assert float(row["regret"]) >= 0
        assert float(row["max"]) >= float(row["median"])  # the worst run


def test_mirrored_values_in_the_other_direction_give_the_same_report():
    ours, mirrored = groups_of_both()
    assert ours.rows == mirrored.rows
    for before, after in zip(rows_of(main_table(ours)), rows_of(main_table(mirrored)), strict=True):
        assert (before["method"], before["n"]) == (after["method"], after["n"])
        for name in ("sd", "regret"):
            here, there = (float(each[name] or "nan") for each in (before, after))
            assert there == pytest.approx(here, abs=1e-9, nan_ok=True)
        assert after["states"] == before["states"].replace("accuracy", "perplexity")


def test_negated_values_give_the_same_comparisons():
    """Differences change their sign; improvements, probabilities and p values do not."""
    group, _ = groups_of_both()
    results, history = searches()
    results = select(results, results["protocol"].eq("paper"))
    (negated,) = group_trials(in_perplexity(results, least=0.0), history)
    for compare in (against_random_table, lambda each: against_control_table(each, "random")):
        before, after = rows_of(compare(group)), rows_of(compare(negated))
        assert [row["method"] for row in before] == [row["method"] for row in after]
        for here, there in zip(before, after, strict=True):
            for name in ("improvement_pct", "probability_better", "percentile", "p", "p_holm"):
                if here.get(name):
                    assert float(there[name]) == pytest.approx(float(here[name]), abs=1e-9)
            if "difference" in here:
                assert float(there["difference"]) == pytest.approx(-float(here["difference"]))


def test_a_lower_mean_is_an_improvement():
    _, group = groups_of_both()
    rows = rows_of(against_control_table(group, "random"))
    (row,) = [row for row in rows if row["method"] == "random-search"]
    assert float(row["improvement_pct"]) > 0
    assert float(row["difference"]) < 0
    assert float(row["probability_better"]) > 0.5
    columns = [column.heading for column in _columns(against_control_table(group, "random"))]
    assert "P(A < B)" in columns
    assert "Detectable" in [column.heading for column in _columns(against_random_table(group))]


def _columns(table: Table | None):
    assert table is not None
    return table.columns


def test_the_axis_of_all_runs_leaves_out_the_high_end_of_random():
    one = {"cifar10": GOOD["cifar10"]}
    drawn = results_of("random", 12, {"cifar10": DRAWN["cifar10"]})
    results = together(results_of("random-search", 12, one), drawn)
    for frame, words in ((results, "low end of random: ◂"), (None, "high end of random: ▸")):
        group = group_of(in_perplexity(results) if frame is None else frame)
        picture = seeds_figure(group, {})
        assert picture is not None
        assert f"The axis omits the {words} counts those runs." in picture.caption


def test_a_published_number_answers_only_to_its_own_metric():
    ours, mirrored = groups_of_both()
    assert published_for(ours)
    assert published_for(mirrored) == {}


def test_two_metrics_are_never_compared_and_an_unknown_one_is_named():
    found = results_of("random-search", 3)
    mixed = together(found, in_perplexity(results_of("random", 3)))
    with pytest.raises(ValueError, match="measured in accuracy and perplexity"):
        group_trials(mixed, NO_HISTORY)
    with pytest.raises(UserError, match="Unknown metric 'bits'. Known: accuracy, perplexity"):
        group_trials(found.assign(metric="bits"), NO_HISTORY)


def test_both_kinds_of_spread_are_shown_and_told_apart():
    results = together(
        trained_results("darts-1st", 4, [1.0, 2.0, 3.0, None]),
        trained_results("random", 4, [0.5] * 4),
    )
    group = group_of(results)
    table = main_table(group)
    headings = [column.heading for column in table.columns]
    assert headings[3:5] == ["sd between searches", "sd between trainings"]
    row = next(row for row in rows_of(table) if row["method"] == "darts-1st")
    values = results.loc[results["method"].eq("darts-1st"), "test_value"]
    assert float(row["sd"]) == pytest.approx(values.std(ddof=1))
    assert float(row["training_sd"]) == pytest.approx(np.sqrt((1 + 4 + 9) / 3))
    assert "sd between trainings: of one architecture" in markdown(results)
    assert row["regret"] == ""  # nobody knows the best of the space


def test_of_a_table_there_is_one_kind_of_spread():
    headings = [column.heading for column in main_table(group_of(results_of("random", 3))).columns]
    assert "sd" in headings
    assert not any("between" in heading for heading in headings)
