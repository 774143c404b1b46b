"""Methods against random architectures and against a named control."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import UserError
from reports.document.composition import compose_document
from reports.formats.csv import table_to_csv
from reports.formats.markdown import document_to_markdown
from reports.frames import select
from reports.tables.controls import against_control_table, against_random_table
from tests.reports.fake_trials import (
    NO_HISTORY,
    failed,
    group_of,
    manifest,
    results_of,
    together,
)
from tests.reports.readers import markdown, rows_of


def test_against_random():
    found = results_of("random-search", 4, {"cifar10": (93.0, 0.0)}).assign(percentile=99.0)
    found["share_as_good"] = [1.0, 1.0, 1.0, 90.0]  # the median run's counts, not the mean's
    drawn = results_of("random", 4, {"cifar10": (62.0, 0.0)}).assign(percentile=50.0)
    (row,) = rows_of(against_random_table(group_of(found, drawn)))
    assert float(row["improvement_pct"]) == pytest.approx(50.0)
    assert float(row["percentile"]) == 99.0
    assert float(row["random_search_equivalent"]) == pytest.approx(math.log(0.5) / math.log(0.99))
    assert float(row["smallest_paired_p"]) == 0.125
    assert row["pairs"] == "4"


def test_without_the_control_the_report_says_how_to_add_it():
    assert against_random_table(group_of(results_of("random-search", 4))) is None
    assert "--methods all,random" in markdown(results_of("random-search", 4))


def shifted(method: str, differences: list[float], seconds: float = 1.0) -> pd.DataFrame:
    """Runs that are better than 90 % by these differences, one a seed."""
    found = results_of(method, len(differences), {"cifar10": (90.0, 0.0)})
    found["test_value"] = 90.0 + np.array(differences)
    return found.assign(search_seconds=seconds)


def against(*frames: pd.DataFrame, control: str = "darts-1st") -> dict[str, dict[str, str]]:
    table = against_control_table(group_of(*frames), control)
    return {row["method"]: row for row in rows_of(table)}


def test_against_a_control():
    control = shifted("darts-1st", [0.0, 1.0, 2.0, 3.0], seconds=100.0)
    found = shifted("asap", [1.0, 3.0, 5.0, 7.0], seconds=250.0)  # better by 1, 2, 3, 4
    (row,) = against(control, found).values()
    reach = 3.182446 * math.sqrt(5 / 3) / 2
    ends = [float(row[f"difference{end}"]) for end in ("", "_low", "_high")]
    assert ends == pytest.approx([2.5, 2.5 - reach, 2.5 + reach], abs=1e-6)
    assert float(row["improvement_pct"]) == pytest.approx(100 * 2.5 / 91.5)
    # Of 16 pairs of runs 12 are won and two are tied.
    assert float(row["probability_better"]) == 13 / 16
    assert (row["cost_ratio"], row["n"], row["pairs"]) == ("2.5", "4", "4")
    assert (row["control"], row["control_n"]) == ("darts-1st", "4")
    assert row["smallest_p"] == "0.125"


def test_a_paired_difference_takes_equal_seeds_only():
    control = shifted("darts-1st", [0.0, 10.0, 20.0])
    found = shifted("asap", [11.0, 21.0, 99.0])
    found["seed"] += 1  # better by one point on each of the two common seeds
    (row,) = against(control, found).values()
    assert (row["n"], row["pairs"], row["control_n"]) == ("3", "2", "3")
    assert (float(row["difference"]), row["difference_low"]) == (1.0, "")
    text = document_to_markdown(
        compose_document(together(control, found), NO_HISTORY, manifest(), (), "darts-1st")
    )
    assert "| +1.00 (all 2 equal) |" in text
    found["seed"] += 10
    (row,) = against(control, found).values()
    assert (row["difference"], row["pairs"], row["smallest_p"]) == ("", "0", "")


@pytest.mark.parametrize("n", [4, 9])
def test_few_pairs_are_not_tested_and_the_table_says_why(n: int):
    control, found = shifted("darts-1st", [0.0] * n), shifted("asap", list(range(1, n + 1)))
    table = against_control_table(group_of(control, found), "darts-1st")
    assert table is not None
    assert not {"p", "p_holm"} & set(rows_of(table)[0])
    assert [note for note in table.notes if note.startswith("No p is given below 10 pairs")]
    assert not [note for note in table.notes if "Holm" in note]
    assert "*" not in table_to_csv(table)


def test_ten_pairs_are_tested_with_the_number_of_tests_in_mind():
    rising = [float(difference) for difference in range(1, 11)]
    rows = against(
        shifted("darts-1st", [0.0] * 10),
        shifted("asap", rising),
        shifted("pc-darts", [-1.0, *rising[1:]]),
        shifted("rf-darts", rising[:9]),  # too few, so it is not one of the tests
    )
    # All of one sign: 2 of 1024 sign flips; with the least sign changed, 4 of them.
    p = {name: (row["p"], row["p_holm"]) for name, row in rows.items()}
    assert p["asap"] == (str(2 / 1024), str(4 / 1024))
    assert p["pc-darts"] == (str(4 / 1024), str(4 / 1024))
    assert p["rf-darts"] == ("", "")
    rows = against(shifted("darts-1st", [0.0] * 10), shifted("asap", [1.0, *rising[:9]]))
    low, high = (float(rows["asap"][f"difference_{end}"]) for end in ("low", "high"))
    assert 1 < low < 4.6 < high < 9  # BCa from ten pairs on


def test_any_method_or_row_can_be_the_control():
    found, drawn = shifted("asap", [1.0] * 3), shifted("random", [0.0] * 3)
    assert list(against(found, drawn, control="random")) == ["asap"]
    assert list(against(found, drawn, control="asap")) == ["random"]
    newer = found.assign(method_version="2", key=found["key"] + "b")
    assert list(against(found, newer, control="asap v1")) == ["asap v2"]
    # Of a method's versions it is the one with the most runs.
    newest = select(newer, newer["seed"].lt(2))
    assert list(against(found, newest, control="asap")) == ["asap v2"]


def test_a_control_that_did_not_finish_here_is_said_and_one_that_is_nowhere_refused():
    results = together(shifted("asap", [1.0] * 3), failed(shifted("darts-1st", [0.0]), {0}, "oom"))
    assert against_control_table(group_of(results), "darts-1st") is None
    text = document_to_markdown(compose_document(results, NO_HISTORY, manifest(), (), "darts-1st"))
    assert "No comparison with darts-1st: it needs finished runs of darts-1st" in text
    with pytest.raises(UserError) as refused:
        compose_document(results, NO_HISTORY, manifest(), (), "drats-1st")
    assert str(refused.value) == (
        "Unknown control 'drats-1st'. Did you mean 'darts-1st'? Known: asap, darts-1st."
    )


def test_a_machinery_check_is_compared_with_no_control():
    results = together(shifted("asap", [1.0] * 3), shifted("darts-1st", [0.0] * 3))
    check = manifest(machinery_checks=frozenset({"paper"}))
    text = document_to_markdown(compose_document(results, NO_HISTORY, check, (), "darts-1st"))
    assert "No comparison with darts-1st: a machinery check compares nothing." in text
    assert "Against darts-1st" not in text
