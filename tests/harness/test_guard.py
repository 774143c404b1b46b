"""The guard as its user meets it: what is recorded, what turns it red, and what it says."""

import json
import xml.etree.ElementTree as tree
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.errors import UserError
from harness import cli
from harness.guard import annotations, baseline, guarding, junit, recording
from harness.guard.finding import Finding
from harness.store import Store
from tests.harness.guard_results import (
    FIRST,
    RECORDED,
    SECOND,
    accuracies,
    keep,
    record,
    recorded,
    results,
    trials,
)

pytestmark = pytest.mark.usefixtures("data_home")


@pytest.fixture
def file(tmp_path):
    """A baseline of a method that computes nothing, around 70 % with a spread of 1 point."""
    return recorded(tmp_path, "random")


def fresh(folder, mean=70.0, later=None, method="random"):
    """Results of the first look's seeds around a mean, and of the second's around another."""
    wanted = accuracies(FIRST, mean)
    if later is not None:
        wanted |= accuracies(SECOND, later)
    return results(folder / "fresh", {method: wanted})


def statistics_of(runs, file, **options) -> Finding:
    (finding,) = guarding.guard(runs, file, layers=["statistics"], **options)
    return finding


def test_a_baseline_says_all_that_it_depends_on(file, tmp_path):
    found = baseline.read(file)
    assert found.seeds == tuple(RECORDED)
    assert (found.first_look, found.second_look) == (tuple(FIRST), tuple(SECOND))
    assert (found.truth, found.truth_version) == ("nats-bench-public", "made up")
    assert len(found.truth_sha256) == 64
    assert set(found.environment) >= {"processor", "cpu_capability", "torch", "threads"}
    assert set(found.packages) >= {"python", "numpy", "torch"}
    assert (found.level, found.delta) == (0.01, 0.0)
    (move,) = found.moves
    assert (move.reason, move.date) == ("recorded", datetime.now(UTC).date().isoformat())
    of_method = found.methods["random"]
    by_seed = {each.trial.seed: each for each in Store.open(tmp_path / "recorded").records()}
    for each in of_method.searches:
        evaluated = by_seed[each.seed].evaluations[0]
        assert each.architecture == by_seed[each.seed].architecture
        assert (each.valid_accuracy, each.test_accuracy) == (
            evaluated.valid_accuracy,
            evaluated.test_accuracy,
        )
    assert of_method.version == "1"
    assert [each.seed for each in of_method.short_searches] == [0, 1]
    assert of_method.ten_steps[-1]["architecture"].startswith("|")


def test_a_file_reads_back_and_a_seed_stands_in_one_line(file, tmp_path):
    found = baseline.read(file)
    baseline.write(tmp_path / "again.json", found)
    assert (tmp_path / "again.json").read_bytes() == file.read_bytes()
    lines = [line for line in file.read_text().splitlines() if '"test_accuracy"' in line]
    assert len(lines) == len(RECORDED)


def test_fresh_seeds_of_the_same_accuracy_are_green(file, tmp_path):
    findings = guarding.guard(fresh(tmp_path), file)
    assert [(each.layer, each.state) for each in findings] == [
        ("bits", "kept"),
        ("structure", "kept"),
        ("statistics", "kept"),
    ]
    assert "a drop of 1." in findings[-1].reason  # what it could have seen


def test_a_drop_that_stays_is_red_and_tells_both_looks(file, tmp_path):
    finding = statistics_of(fresh(tmp_path, 66, later=66), file)
    assert finding.is_red
    assert finding.reason.startswith("accuracy dropped. first look: 66.0")
    assert "(n=4)" in finding.reason
    assert "(n=8)" in finding.reason


def test_a_drop_that_goes_is_green_and_tells_both_looks(file, tmp_path):
    finding = statistics_of(fresh(tmp_path, 68.3, later=70), file)
    assert finding.state == "kept"
    assert finding.reason.startswith("a drop at the first look is gone at the second. first look")


def test_the_second_look_is_not_looked_at_without_need(file, tmp_path):
    assert statistics_of(fresh(tmp_path, 70, later=40), file).state == "kept"


def test_the_guard_runs_the_second_look_itself(file, tmp_path):
    """Real searches in worker processes: random architectures, worse than 69 % in the mean."""
    runs = fresh(tmp_path, 60)
    finding = statistics_of(runs, file, jobs=1)
    assert finding.is_red
    assert "(n=8)" in finding.reason
    seeds = {each.trial.seed for each in Store.open(runs).records()}
    assert seeds == {*FIRST, *SECOND}  # both looks are kept


def test_an_improvement_is_reported_and_green(file, tmp_path):
    finding = statistics_of(fresh(tmp_path, 74), file)
    assert (finding.state, finding.is_red) == ("unexplained", False)
    assert "it is a leak until it is explained" in finding.reason


def test_a_search_that_fails_is_red(file, tmp_path):
    ok, bad = trials("random", [20, 21, 22]), trials("random", [23])
    failed = replace(record(bad[0], 70), state="failed", reason="ValueError: no", evaluations=())
    runs = keep(tmp_path / "fresh", [*(record(each, 70) for each in ok), failed])
    finding = statistics_of(runs, file)
    assert finding.is_red
    assert finding.reason == "seed 23 failed: ValueError: no"


def test_results_of_another_table_are_red(file, tmp_path):
    found = baseline.read(file)
    baseline.write(file, replace(found, truth_sha256="0" * 64))
    findings = guarding.guard(fresh(tmp_path), file, layers=["structure", "statistics"])
    assert [each.state for each in findings] == ["moved", "moved"]
    assert "holds other values than the recorded one" in findings[0].reason
    assert "of another table nats-bench-public than the recorded" in findings[1].reason


def test_a_lookup_that_moved_is_red(file, tmp_path):
    found = baseline.read(file)
    of_method = found.methods["random"]
    wrong = replace(of_method.searches[3], test_accuracy=of_method.searches[3].test_accuracy + 0.01)
    searches = (*of_method.searches[:3], wrong, *of_method.searches[4:])
    baseline.write(file, replace(found, methods={"random": replace(of_method, searches=searches)}))
    (finding,) = guarding.guard(fresh(tmp_path), file, layers=["structure"])
    assert finding.is_red
    assert f"{wrong.architecture} is {wrong.test_accuracy - 0.01:.4f}, and was" in finding.reason


def test_a_protocol_that_moved_is_red(tmp_path):
    file = recorded(tmp_path, "random-search")
    moved = [
        replace(each, settings={**each.settings, "score_epochs": 200})
        for each in trials("random-search", FIRST)
    ]
    runs = keep(tmp_path / "fresh", [record(each, 70) for each in moved])
    (finding,) = guarding.guard(runs, file, layers=["structure"])
    assert "the protocol has score_epochs = 200, which was 12" in finding.reason


def test_a_method_that_breaks_is_red_and_the_others_go_on(tmp_path, monkeypatch):
    from methods.random_search import RandomSearch

    file = recorded(tmp_path, "random", "random-search")

    def broken(self, task):
        raise ZeroDivisionError("division by zero")

    monkeypatch.setattr(RandomSearch, "search", broken)
    found = {each.method: each for each in guarding.guard(tmp_path, file, layers=["bits"])}
    assert found["random"].state == "kept"
    assert found["random-search"].reason.startswith(
        "the ten steps end in ZeroDivisionError: division by zero. The version is 1 as before: "
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda all_: all_[:3], "has 3 seeds; a baseline takes at least 4"),
        (lambda all_: [], "holds no finished trial, so there is nothing to record"),
        (
            lambda all_: [*all_, record(trials("random-search", [0])[0], 70)],
            "has no random-search with seed 1, 2, 3, which other methods have",
        ),
        (
            lambda all_: [*all_[:3], replace(all_[3], state="diverged", reason="NaN")],
            "random with seed 3 diverged .NaN.; a baseline is made of finished searches",
        ),
        (
            lambda all_: [*all_, _of(all_[0], protocol="quick")],
            "holds results of more than one protocol .common, quick.; a baseline is of one",
        ),
        (
            lambda all_: [*all_, _of(all_[0], method_version="0")],
            "holds two results of random with seed 0, of different settings",
        ),
        (
            lambda all_: [_of(each, method_version="0") for each in all_],
            "holds results of another version of random; run them again",
        ),
    ],
)
def test_what_is_no_baseline_is_refused(tmp_path, change, message):
    everything = [record(each, 70) for each in trials("random", range(4))]
    runs = keep(tmp_path / "runs", change(everything))
    with pytest.raises(UserError, match=message):
        recording.record(runs, tmp_path / "b.json", environments=())
    assert not (tmp_path / "b.json").exists()


def _of(found, **changes):
    trial = replace(found.trial, **changes)
    return replace(found, trial=trial, key=trial.key)


def test_a_baseline_is_not_overwritten(file, tmp_path):
    with pytest.raises(UserError, match="is there already. Move it with `python -m harness guard"):
        recording.record(tmp_path / "recorded", file, environments=())


def test_missing_seeds_are_asked_for_by_command(file, tmp_path):
    runs = results(tmp_path / "fresh", {"random": accuracies([20, 21])})
    with pytest.raises(
        UserError, match="lacks results of random that the baseline asks for; run"
    ) as e:
        statistics_of(runs, file)
    assert "run --methods random --spaces nas-bench-201 --datasets cifar10 " in str(e.value)
    assert f"--protocol common --seeds 20,21,22,23 --out {runs}` first" in str(e.value)


def test_results_of_an_earlier_commit_are_refused(file, tmp_path, monkeypatch):
    from harness.guard import runs as guarded_runs

    monkeypatch.setattr(guarded_runs, "commit", lambda: "bbb")
    old = [record(each, 70, commit="aaa") for each in trials("random", FIRST)]
    runs = keep(tmp_path / "fresh", old)
    with pytest.raises(UserError, match="holds results of commit aaa, and this is bbb"):
        statistics_of(runs, file)


@pytest.mark.parametrize(
    ("content", "message"),
    [(None, "There is no baseline"), ("{}", "is no baseline of this version"), ("{", "is no bas")],
)
def test_what_cannot_be_read_is_told(tmp_path, content, message):
    if content is not None:
        (tmp_path / "b.json").write_text(content)
    with pytest.raises(UserError, match=message):
        guarding.guard(tmp_path, tmp_path / "b.json")


def test_unknown_layers_and_methods_are_told(file, tmp_path):
    with pytest.raises(UserError, match="Unknown layer 'bit'. Did you mean 'bits'"):
        guarding.parse_layers("bit,statistics")
    with pytest.raises(UserError, match="No layer is named"):
        guarding.parse_layers(" , ")
    with pytest.raises(UserError, match="Unknown method of the baseline 'asap'"):
        guarding.guard(tmp_path, file, layers=["bits"], methods=["asap"])


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_baseline_does_not_move_without_a_reason(file, tmp_path, reason):
    before = file.read_bytes()
    with pytest.raises(UserError, match="A baseline moves for a reason: give one with --reason"):
        recording.move(tmp_path / "recorded", file, reason, environments=())
    assert file.read_bytes() == before


def test_a_baseline_moves_and_says_why(file, tmp_path):
    runs = results(tmp_path / "moved", {"random": accuracies(RECORDED, 75)})
    before = baseline.read(file)
    recording.move(runs, file, " Draws no disconnected cell. ", environments=())
    after = baseline.read(file)
    assert [each.reason for each in after.moves] == ["recorded", "Draws no disconnected cell."]
    assert after.moves[1].date == datetime.now(UTC).date().isoformat()
    assert after.methods["random"].searches != before.methods["random"].searches
    assert after.first_look == before.first_look
    assert statistics_of(fresh(tmp_path, 75), file).state == "kept"


def test_a_baseline_moves_by_layer(file, tmp_path):
    """Bits alone need no results: a new torch moves them, and no accuracy."""
    found = baseline.read(file)
    of_method = replace(found.methods["random"], ten_steps=())
    older = {**found.environment, "torch": "1.0"}
    baseline.write(file, replace(found, methods={"random": of_method}, environment=older))
    recording.move(tmp_path / "nowhere", file, "A new torch.", layers=["bits"])
    after = baseline.read(file)
    assert after.methods == found.methods
    assert after.environment == found.environment
    assert after.moves[1].layers == ("bits",)


def test_the_bits_of_some_methods_do_not_move_alone_to_another_environment(tmp_path):
    file = recorded(tmp_path, "random", "random-search")
    found = baseline.read(file)
    baseline.write(file, replace(found, environment={**found.environment, "torch": "1.0"}))
    with pytest.raises(UserError, match="The bits of some methods cannot move alone to another"):
        recording.move(tmp_path, file, "Why.", layers=["bits"], methods=["random"], environments=())


def test_a_moved_baseline_needs_all_of_its_seeds(file, tmp_path):
    with pytest.raises(
        UserError, match="--seeds 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19"
    ):
        recording.move(fresh(tmp_path), file, "Because.", environments=())


def test_exit_codes_and_words(file, tmp_path, capsys, monkeypatch):
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)
    arguments = ["guard", "--baseline", str(file), "--layers", "bits,statistics"]
    assert cli.main([*arguments, str(fresh(tmp_path))]) == 0
    told = capsys.readouterr().out
    assert told.splitlines()[-1] == "Green: nothing moved."
    assert "::" not in told

    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    runs, report = fresh(tmp_path / "worse", 60, later=60), tmp_path / "guard.xml"
    assert cli.main([*arguments, str(runs), "--junit", str(report)]) == 1
    told = capsys.readouterr().out.splitlines()
    assert told[-1] == "Red: statistics of random."
    (line,) = [each for each in told if each.startswith("::")]
    assert line.startswith("::error title=guard statistics%3A random::accuracy dropped. first look")
    suites = tree.parse(report).getroot()
    (failure,) = suites.iter("failure")
    assert failure.get("message", "").startswith("accuracy dropped.")
    assert [(each.get("name"), each.get("failures")) for each in suites] == [
        ("guard.bits", "0"),
        ("guard.statistics", "1"),
    ]

    assert cli.main([*arguments, str(tmp_path / "nowhere")]) == 2
    assert "is no folder of results" in capsys.readouterr().err
    assert cli.main([*arguments, str(runs), "--update"]) == 2
    assert "A baseline moves for a reason" in capsys.readouterr().err


def test_the_commands_record_and_move_a_baseline(file, tmp_path, capsys):
    out = tmp_path / "new.json"
    assert cli.main(["baseline", str(tmp_path / "recorded"), "--out", str(out)]) == 0
    assert "1 methods, 20 seeds each). Guard it with seeds 20,21,22,23." in capsys.readouterr().out
    found, by_hand = json.loads(out.read_text()), json.loads(file.read_text())
    assert found["methods"] == by_hand["methods"]
    arguments = ["guard", str(tmp_path / "recorded"), "--baseline", str(out), "--update"]
    assert cli.main([*arguments, "--reason", "To see it.", "--layers", "bits"]) == 0
    assert json.loads(out.read_text())["moves"][-1]["reason"] == "To see it."


def test_an_annotation_keeps_to_its_line():
    found = Finding("bits", "a,b", "moved", "50 % off:\nfirst, second")
    assert annotations.lines([found]) == [
        "::error title=guard bits%3A a%2Cb::50 %25 off:%0Afirst, second"
    ]
    assert annotations.lines([replace(found, state="unexplained")])[0].startswith("::warning ")
    assert annotations.lines([replace(found, state="kept")]) == []


def test_junit_tells_what_is_not_red_too(tmp_path):
    junit.write(
        tmp_path / "deep" / "guard.xml",
        [
            Finding("statistics", "a", "unexplained", "better & better", 0.5),
            Finding("bits", "a", "kept", "<same>"),
        ],
    )
    suites = tree.parse(tmp_path / "deep" / "guard.xml").getroot()
    assert [each.get("name") for each in suites] == ["guard.bits", "guard.statistics"]
    assert [each.text for each in suites.iter("system-out")] == [
        "kept: <same>",
        "unexplained: better & better",
    ]
