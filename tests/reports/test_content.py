"""What the tables say: groups, counts, comparisons, and what a machinery check leaves out."""

from __future__ import annotations

import csv
import io
import math
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.errors import UserError
from reports.against import against_control_table, against_random_table
from reports.comparison import DELTA, reproduction_summary, reproduction_table
from reports.figures import Picture
from reports.manifest import ProtocolSettings
from reports.pages import Code, compose
from reports.rendering import to_markdown
from reports.summary import cost_table, main_table, runs_table
from reports.tables import Table, to_csv
from reports.trials import RESULT_COLUMNS, Group, collect, select
from tests.reports.frames import (
    COLLAPSED,
    DRAWN,
    GOOD,
    OPTIMA,
    epochs_of,
    failed,
    gradient_results,
    manifest,
    results_of,
)

OPTIMUM_DRAWS = {dataset: (optimum, 0.0) for dataset, optimum in OPTIMA.items()}
NO_HISTORY = pd.DataFrame()


def together(*frames: pd.DataFrame) -> pd.DataFrame:
    return pd.concat(frames, ignore_index=True)


def one_group(*frames: pd.DataFrame) -> Group:
    (group,) = collect(together(*frames), NO_HISTORY)
    return group


def rows_of(table: Table | None) -> list[dict[str, str]]:
    assert table is not None
    return list(csv.DictReader(io.StringIO(to_csv(table))))


def markdown(results: pd.DataFrame, **changes: Any) -> str:
    """The report on one dataset: every figure less is a second less."""
    results = results if results.empty else select(results, results["dataset"].eq("cifar10"))
    return to_markdown(compose(results, NO_HISTORY, manifest(**changes)))


def test_failed_trials_are_counted_and_not_averaged():
    whole = results_of("random-search", 6)
    broken = failed(whole, {1, 4}, "boom")
    row = rows_of(main_table(one_group(broken)))[0]
    kept = whole[whole["seed"].isin([0, 2, 3, 5]) & whole["dataset"].eq("cifar10")]
    assert float(row["mean"]) == pytest.approx(kept["test_accuracy"].mean())
    assert row["n"] == "4"
    assert row["states"] == "4 done, 2 failed"
    assert "2 runs failed (boom)" in markdown(broken)


def test_an_accuracy_of_an_unfinished_trial_is_not_a_result():
    results = results_of("darts-1st", 4, {"cifar10": (90.0, 0.0)})
    results.loc[results["seed"].eq(3), ["state", "test_accuracy"]] = ["diverged", 10.0]
    row = rows_of(main_table(one_group(results)))[0]
    assert (float(row["mean"]), row["n"]) == (90.0, "3")
    assert row["states"] == "3 done, 1 diverged"


def test_collapsed_trials_stay_in_the_mean():
    good = results_of("darts-1st", 3, {"cifar10": (90.0, 0.0)})
    bad = results_of("darts-1st", 1, {"cifar10": (54.0, 0.0)}, collapsed=True, seed=3, key="bad")
    row = rows_of(main_table(one_group(good, bad)))[0]
    assert float(row["mean"]) == pytest.approx((3 * 90 + 54) / 4)
    assert row["states"] == "4 done; 1 collapsed (5 to 70 %)"


def test_equal_runs_have_no_interval():
    text = markdown(results_of("darts-1st", 4, COLLAPSED))
    assert "54.30 | all 4 equal" in text
    assert "± 0.00 (4)" not in text


def test_the_optimum_is_a_row_and_baselines_stand_last():
    group = one_group(results_of("random", 4, OPTIMUM_DRAWS), results_of("random-search", 4))
    names = [row["method"] for row in rows_of(main_table(group)) if row["dataset"] == "cifar10"]
    assert names == ["random-search", "random", "best of the table"]
    assert rows_of(main_table(group))[2]["mean"] == "94.37"


@pytest.mark.parametrize(
    "change",
    [{"protocol": "common"}, {"overrides": "time_budget_seconds=6000"}, {"truth": "another"},
     {"truth_sha256": "f" * 64}, {"search_dataset": "cifar100"}],
)  # fmt: skip
def test_different_conditions_never_share_a_table(change: dict[str, Any]):
    first = results_of("random-search", 3)
    second = results_of("random-search", 3, **change).assign(key=first["key"] + "b")
    groups = collect(together(first, second), NO_HISTORY)
    assert [len(group.trials) for group in groups] == [3, 3]
    assert len({group.name for group in groups}) == 2


def test_versions_and_devices_are_rows_of_their_own():
    first = results_of("random-search", 3)
    newer = results_of("random-search", 3, method_version="2").assign(key=first["key"] + "b")
    assert one_group(first, newer).rows == ("random-search v1", "random-search v2")
    elsewhere = results_of("random-search", 3, device="cuda").assign(key=first["key"] + "c")
    assert one_group(first, elsewhere).rows == ("random-search on cpu", "random-search on cuda")
    # Other seeds on another device are the same row.
    more = elsewhere.assign(seed=elsewhere["seed"] + 3)
    assert one_group(first, more).rows == ("random-search",)


def test_a_trial_given_twice_is_refused():
    first = results_of("random-search", 3)
    with pytest.raises(ValueError, match="share method, version, device, dataset and seed"):
        collect(together(first, first.assign(key="again")), NO_HISTORY)


def test_a_missing_column_is_named():
    with pytest.raises(ValueError, match="results lacks percentile"):
        collect(results_of("random-search", 3).drop(columns="percentile"), NO_HISTORY)


def test_reproduction_names_both_tables_and_gives_a_verdict():
    accuracy = {dataset: (mean, 0.01) for dataset, (mean, _) in GOOD.items()}
    rows = rows_of(reproduction_table([one_group(results_of("random-search", 50, accuracy))]))
    assert [row["dataset"] for row in rows] == ["cifar10", "cifar100", "imagenet16-120"]
    assert [row["published"] for row in rows] == ["93.7", "71.04", "44.57"]
    assert {row["verdict"] for row in rows} == {"reproduced"}
    assert rows[0]["our_truth"] == "nats-bench-public 1.0"
    assert "NAS-Bench-201 v1.x" in rows[0]["published_table"]
    assert rows[0]["read_or_recalled"] == "recalled"


def test_reproduction_tells_what_differs_and_what_it_cannot_tell():
    far = {dataset: (mean - 3, 0.1) for dataset, (mean, _) in GOOD.items()}
    rows = rows_of(reproduction_table([one_group(results_of("random-search", 50, far))]))
    assert {row["verdict"] for row in rows} == {"differs"}
    text = markdown(results_of("random-search", 1))
    assert "| undecided (n=1) |" in text


PUBLISHED = {"cifar10": "54.3", "cifar100": "15.61", "imagenet16-120": "16.32"}
"""Of DARTS, first order: all three runs found the cell of skip connections, sd 0.00."""


def test_searches_that_all_collapse_reproduce_a_publication_whose_searches_all_did():
    group = one_group(gradient_results(collapsing=(0, 1, 2, 3)))
    rows = rows_of(reproduction_table([group]))
    assert {row["dataset"]: row["published"] for row in rows} == PUBLISHED
    assert [row["published_sd"] for row in rows] == ["0.0"] * 3
    for row in rows:
        assert row["verdict"] == "reproduced"
        # Neither side has a spread, so the difference is exact.
        assert [float(row[f"difference{end}"]) for end in ("", "_low", "_high")] == [0, 0, 0]
        assert (row["ours_low"], row["ours_high"]) == ("", "")
    text = markdown(group.results.drop(columns=["row", "panel"]))
    assert "| 54.30 ± 0.00 (3) | 54.30 (all 4 equal) | 4 | 0.00 (all equal) | reproduced |" in text


def test_searches_that_all_find_another_cell_differ():
    found = gradient_results(collapsing=(0, 1, 2, 3))
    found["test_accuracy"] += 7.0
    rows = rows_of(reproduction_table([one_group(found)]))
    assert {row["verdict"] for row in rows} == {"differs"}
    # Rounding in a publication is no difference.
    found["test_accuracy"] -= 7.0 - 0.004
    rows = rows_of(reproduction_table([one_group(found)]))
    assert {row["verdict"] for row in rows} == {"reproduced"}


def test_some_searches_that_escape_the_collapse_decide_nothing():
    for escaped in (1, 2, 3):
        collapsing = tuple(range(escaped, 4))
        rows = rows_of(reproduction_table([one_group(gradient_results(collapsing=collapsing))]))
        for row in rows:
            assert (row["verdict"], row["n"]) == ("undecided", "4")
            low, value, high = (float(row[f"difference{end}"]) for end in ("_low", "", "_high"))
            assert low < 0 < value < high


def test_deltas_are_those_of_the_rule():
    assert DELTA == {"cifar10": 0.2, "cifar100": 0.5, "imagenet16-120": 0.5}


def test_other_settings_under_the_same_protocol_are_rows_of_their_own():
    first = results_of("random-search", 3)
    second = results_of("random-search", 3, settings_digest="ffffffff")
    second["key"] += "-other"
    rows = {row["method"] for row in rows_of(main_table(one_group(first, second)))}
    assert {"random-search, settings 0a1b2c3d", "random-search, settings ffffffff"} <= rows


def test_other_versions_of_the_space_are_groups_of_their_own():
    first = results_of("random-search", 3)
    second = results_of("random-search", 3, space_version="2")
    second["key"] += "-other"
    assert len(collect(together(first, second), NO_HISTORY)) == 2


def test_overridden_settings_are_compared_with_nothing_published():
    results = results_of("random-search", 4, overrides="time_budget_seconds=6000")
    assert reproduction_table([one_group(results)]) is None
    assert "No published number answers" in markdown(results)


def test_against_random():
    found = results_of("random-search", 4, {"cifar10": (93.0, 0.0)}).assign(percentile=99.0)
    found["share_as_good"] = [1.0, 1.0, 1.0, 90.0]  # the median run's counts, not the mean's
    drawn = results_of("random", 4, {"cifar10": (62.0, 0.0)}).assign(percentile=50.0)
    (row,) = rows_of(against_random_table(one_group(found, drawn)))
    assert float(row["improvement_pct"]) == pytest.approx(50.0)
    assert float(row["percentile"]) == 99.0
    assert float(row["random_search_equivalent"]) == pytest.approx(math.log(0.5) / math.log(0.99))
    assert float(row["smallest_paired_p"]) == 0.125
    assert row["pairs"] == "4"


def test_without_the_control_the_report_says_how_to_add_it():
    assert against_random_table(one_group(results_of("random-search", 4))) is None
    assert "--methods all,random" in markdown(results_of("random-search", 4))


def shifted(method: str, differences: list[float], seconds: float = 1.0) -> pd.DataFrame:
    """Runs that are better than 90 % by these differences, one a seed."""
    found = results_of(method, len(differences), {"cifar10": (90.0, 0.0)})
    found["test_accuracy"] = 90.0 + np.array(differences)
    return found.assign(search_seconds=seconds)


def against(*frames: pd.DataFrame, control: str = "darts-1st") -> dict[str, dict[str, str]]:
    table = against_control_table(one_group(*frames), control)
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
    text = to_markdown(compose(together(control, found), NO_HISTORY, manifest(), (), "darts-1st"))
    assert "| +1.00 (all 2 equal) |" in text
    found["seed"] += 10
    (row,) = against(control, found).values()
    assert (row["difference"], row["pairs"], row["smallest_p"]) == ("", "0", "")


@pytest.mark.parametrize("n", [4, 9])
def test_few_pairs_are_not_tested_and_the_table_says_why(n: int):
    control, found = shifted("darts-1st", [0.0] * n), shifted("asap", list(range(1, n + 1)))
    table = against_control_table(one_group(control, found), "darts-1st")
    assert table is not None
    assert not {"p", "p_holm"} & set(rows_of(table)[0])
    assert [note for note in table.notes if note.startswith("No p is given below 10 pairs")]
    assert not [note for note in table.notes if "Holm" in note]
    assert "*" not in to_csv(table)


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
    assert against_control_table(one_group(results), "darts-1st") is None
    text = to_markdown(compose(results, NO_HISTORY, manifest(), (), "darts-1st"))
    assert "No comparison with darts-1st: it needs finished runs of darts-1st" in text
    with pytest.raises(UserError) as refused:
        compose(results, NO_HISTORY, manifest(), (), "drats-1st")
    assert str(refused.value) == (
        "Unknown control 'drats-1st'. Did you mean 'darts-1st'? Known: asap, darts-1st."
    )


def test_a_machinery_check_is_compared_with_no_control():
    results = together(shifted("asap", [1.0] * 3), shifted("darts-1st", [0.0] * 3))
    check = manifest(machinery_checks=frozenset({"paper"}))
    text = to_markdown(compose(results, NO_HISTORY, check, (), "darts-1st"))
    assert "No comparison with darts-1st: a machinery check compares nothing." in text
    assert "Against darts-1st" not in text


def test_where_the_protocol_is_chosen_a_difference_is_shown_and_no_verdict():
    found = together(gradient_results("pc-darts"), gradient_results("rf-darts"))
    table = reproduction_table([one_group(found)])
    rows = rows_of(table)
    assert [row["published"] for row in rows if row["method"] == "pc-darts"] == [
        "93.41", "67.48", "41.31",
    ]  # fmt: skip
    assert [row["published"] for row in rows if row["method"] == "rf-darts"] == ["94.27", "72.94"]
    assert {row["verdict"] for row in rows} == {"protocol chosen"}
    for row in rows:
        expected = float(row["ours"]) - float(row["published"])
        assert float(row["difference"]) == pytest.approx(expected)
    assert table is not None
    assert reproduction_summary(table).startswith(
        "5 published numbers stand beside ours without a verdict"
    )
    assert [note for note in table.notes if note.startswith("Protocol chosen:")]


def test_chosen_protocols_are_counted_apart_from_the_verdicts():
    both = together(gradient_results(collapsing=(0, 1, 2, 3)), gradient_results("pc-darts"))
    table = reproduction_table([one_group(select(both, both["dataset"].eq("cifar10")))])
    assert table is not None
    assert reproduction_summary(table).startswith(
        "Of 1 published numbers, 1 are reproduced, 0 differ and 0 are undecided. "
        "1 more published number stands beside ours without a verdict"
    )


def test_settings_say_which_values_are_chosen():
    settings = (
        ("epochs", "50", "read: the paper, chosen with care"),
        ("channels", "8", "chosen: minutes on a CPU"),
        ("order", "1", "chosen"),
    )
    protocols = (ProtocolSettings("common", "darts-1st", settings),)
    text = markdown(results_of("random-search", 2), protocols=protocols)
    assert text.count("2 of 3 values are chosen by this harness: channels, order.") == 1
    assert "chosen by this harness" not in markdown(results_of("random-search", 2))


def test_costs_are_per_trial_and_kept_apart():
    results = results_of("random-search", 3)
    results["simulated_seconds"] = results["seed"] * 250.0 + 100.0
    results["search_seconds"] = 0.5
    (row,) = rows_of(cost_table(one_group(results)))
    assert (row["simulated_seconds_median"], row["simulated_seconds_max"]) == ("350.0", "600.0")
    assert (row["search_seconds_median"], row["n"]) == ("0.5", "3")


def test_memory_and_seconds_of_an_epoch_are_costs_where_they_are_known():
    found = gradient_results(collapsing=(2, 3))  # peak 2000 MiB, of the collapsed ones 2100
    found.loc[found["seed"].eq(1), "peak_memory_mib"] = 2500.25
    results = together(found, results_of("random", 4, DRAWN))
    (group,) = collect(results, epochs_of(found))  # an epoch takes 10 seconds plus the seed
    darts, random = rows_of(cost_table(group))
    assert (darts["peak_memory_mib_median"], darts["peak_memory_mib_max"]) == ("2100.0", "2500.25")
    assert darts["epoch_seconds_median"] == "11.5"
    assert darts["simulated_seconds_median"] == ""
    assert float(random["simulated_seconds_median"]) > 0
    assert (random["peak_memory_mib_max"], random["epoch_seconds_median"]) == ("", "")


def test_costs_that_nobody_has_are_left_out():
    fields = set(rows_of(cost_table(one_group(results_of("random-search", 3))))[0])
    assert {"simulated_seconds_max", "search_seconds_max", "evaluated_max"} <= fields
    assert not {"peak_memory_mib_max", "epoch_seconds_median"} & fields
    fields = set(rows_of(cost_table(one_group(gradient_results())))[0])
    assert {"search_seconds_max", "peak_memory_mib_max"} <= fields
    assert not {"simulated_seconds_max", "evaluated_max"} & fields


def test_an_epoch_of_an_unfinished_search_is_no_cost():
    found = gradient_results(seeds=3)
    history = epochs_of(found)
    found.loc[found["seed"].eq(2), ["state", "test_accuracy"]] = ["oom", None]
    (group,) = collect(found, history)
    assert rows_of(cost_table(group))[0]["epoch_seconds_median"] == "10.5"


def test_what_collapsed_means_is_said_once_and_where_it_is_counted():
    text = markdown(gradient_results(collapsing=(2,)))
    assert text.count("no path from the cell's input to its output holds") == 1
    assert text.index("1 collapsed (5 to 70 %)") < text.index("Collapsed: no path")
    assert "Collapsed" not in markdown(gradient_results())


def test_a_machinery_check_counts_collapsed_searches():
    found = gradient_results(collapsing=(2,), protocol="quick")
    one = select(found, found["dataset"].eq("cifar10"))
    report = compose(one, epochs_of(one), manifest(machinery_checks=frozenset({"quick"})))
    text = to_markdown(report)
    assert text.count("4 done; 1 collapsed (5 to 70 %)") == 2  # what was run, and the accuracies
    captions = [picture.caption for picture in report.of_type(Picture)]
    assert sum("n = 4, 1 collapsed" in caption for caption in captions) == 3
    assert "published" not in text.lower().replace("beside no published ones", "")


def test_what_was_run_names_protocol_seeds_and_device():
    (row,) = rows_of(runs_table([one_group(results_of("random-search", 4))]))
    assert (row["protocol"], row["runs"], row["seeds"], row["device"]) == (
        "paper", "4", "0 to 3", "cpu",
    )  # fmt: skip


def test_a_machinery_check_compares_nothing():
    # Under a protocol with published numbers and with the control: all there is to compare with.
    results = together(results_of("random-search", 4), results_of("random", 4, DRAWN))
    text = markdown(results, machinery_checks=frozenset({"paper"})).lower()
    assert text.startswith("# architecture search: machinery check")
    for word in ("published,", "verdict", "difference", "reproduced", "improvement"):
        assert word not in text
    assert all(word in markdown(results).lower() for word in ("published,", "improvement"))


def test_a_machinery_check_beside_a_paper_protocol_takes_nothing_from_it():
    whole = results_of("random-search", 4)
    quick = results_of("random-search", 4, protocol="quick")
    quick["key"] += "-quick"
    text = markdown(together(whole, quick), machinery_checks=frozenset({"quick"}))
    assert text.startswith("# Architecture search: results and reproduction")
    assert "Protocol quick is a machinery check" in text
    assert "## nas-bench-201, searched on CIFAR-10, protocol quick (machinery check)" in text
    assert "## nas-bench-201, searched on CIFAR-10, protocol paper\n" in text
    (block,) = [line for line in text.splitlines() if "Published: NAS-Bench-201" in line]
    assert "protocol paper" in block


@pytest.mark.parametrize("results", [pd.DataFrame(), pd.DataFrame(columns=list(RESULT_COLUMNS))])
def test_without_trials_the_report_says_so(results: pd.DataFrame):
    text = to_markdown(compose(results, NO_HISTORY, manifest(generated_at=None)))
    assert "No trial is on record yet." in text


def test_only_failed_trials_make_a_report_without_figures():
    results = failed(results_of("random-search", 2), {0, 1}, "boom")
    report = compose(results, NO_HISTORY, manifest())
    assert not list(report.of_type(Picture))
    assert "2 failed" in to_markdown(report)


def test_a_long_command_can_be_copied():
    command = "python -m harness run " + " ".join(f"--set key{i}=value{i}" for i in range(9))
    code = Code.of(f"{command}\nls").text
    assert max(map(len, code.splitlines())) < 92
    words = code.replace("\\\n", " ").split()
    assert words == [*command.split(), "ls"]
    assert code.splitlines()[-1] == "ls"


def test_the_manifest_is_printed_in_full():
    text = " ".join(markdown(results_of("random-search", 2)).replace("\\", "").split())
    shown = manifest()
    for part in (shown.command, str(shown.commit), shown.truths[0].sha256, "numpy 2.4.6", "12000"):
        assert part in text
    assert shown.footnotes[0] in text
