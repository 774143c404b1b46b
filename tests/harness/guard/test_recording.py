"""What a baseline holds, what is refused as one, and how it moves."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from benchmarks.errors import UserError
from harness.guard import baseline, moving, recording
from harness.guard.elsewhere import Elsewhere
from harness.storage.store import Store
from tests.harness.guard.guard_results import (
    FIRST,
    RECORDED,
    SECOND,
    accuracies,
    changed,
    fresh,
    keep,
    record,
    recorded,
    results,
    statistics_of,
    trials,
)

pytestmark = pytest.mark.usefixtures("data_home")


def test_a_baseline_says_all_that_it_depends_on(baseline_file, tmp_path):
    found = baseline.read(baseline_file)
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


def test_a_file_reads_back_and_a_seed_stands_in_one_line(baseline_file, tmp_path):
    found = baseline.read(baseline_file)
    baseline.write(tmp_path / "again.json", found)
    assert (tmp_path / "again.json").read_bytes() == baseline_file.read_bytes()
    lines = [line for line in baseline_file.read_text().splitlines() if '"test_accuracy"' in line]
    assert len(lines) == len(RECORDED)


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
            lambda all_: [*all_, changed(all_[0], protocol="quick")],
            "holds results of more than one protocol .common, quick.; a baseline is of one",
        ),
        (
            lambda all_: [*all_, changed(all_[0], overrides="budget=1")],
            "holds two results of random with seed 0, of different settings",
        ),
        (
            lambda all_: [*all_[:3], changed(all_[3], overrides="budget=1")],
            "holds random with different overrides; run all seeds alike",
        ),
        (
            lambda all_: [*all_[:3], changed(all_[3], arithmetic={"device": "cuda"})],
            "holds random with different arithmetic; run all seeds alike",
        ),
        (
            lambda all_: [*all_[:3], changed(all_[3], method_version="0")],
            "holds results of another version of random; run them again",
        ),
        (
            lambda all_: [changed(each, method_version="0") for each in all_],
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


def test_a_baseline_is_not_overwritten(baseline_file, tmp_path):
    with pytest.raises(UserError, match="is there already. Move it with `python -m harness guard"):
        recording.record(tmp_path / "recorded", baseline_file, environments=())


@pytest.mark.parametrize("reason", ["", "  "])
def test_a_baseline_does_not_move_without_a_reason(baseline_file, tmp_path, reason):
    before = baseline_file.read_bytes()
    with pytest.raises(UserError, match="A baseline moves for a reason: give one with --reason"):
        moving.move(tmp_path / "recorded", baseline_file, reason, environments=())
    assert baseline_file.read_bytes() == before


def test_a_baseline_moves_and_says_why(baseline_file, tmp_path):
    runs = results(tmp_path / "moved", {"random": accuracies(RECORDED, 75)})
    before = baseline.read(baseline_file)
    moving.move(runs, baseline_file, " Draws no disconnected cell. ", environments=())
    after = baseline.read(baseline_file)
    assert [each.reason for each in after.moves] == ["recorded", "Draws no disconnected cell."]
    assert after.moves[1].date == datetime.now(UTC).date().isoformat()
    assert after.methods["random"].searches != before.methods["random"].searches
    assert after.first_look == before.first_look
    assert statistics_of(fresh(tmp_path, 75), baseline_file).state == "kept"


def test_a_baseline_moves_by_layer(baseline_file, tmp_path):
    """Bits alone need no results: a new torch moves them, and no accuracy."""
    found = baseline.read(baseline_file)
    of_method = replace(found.methods["random"], ten_steps=())
    older = {**found.environment, "torch": "1.0"}
    baseline.write(baseline_file, replace(found, methods={"random": of_method}, environment=older))
    moving.move(tmp_path / "nowhere", baseline_file, "A new torch.", layers=["bits"])
    after = baseline.read(baseline_file)
    assert after.methods == found.methods
    assert after.environment == found.environment
    assert after.moves[1].layers == ("bits",)


def test_the_bits_of_some_methods_do_not_move_alone_to_another_environment(tmp_path):
    baseline_file = recorded(tmp_path, "random", "random-search")
    found = baseline.read(baseline_file)
    baseline.write(baseline_file, replace(found, environment={**found.environment, "torch": "1.0"}))
    with pytest.raises(UserError, match="The bits of some methods cannot move alone to another"):
        moving.move(
            tmp_path, baseline_file, "Why.", layers=["bits"], methods=["random"], environments=()
        )


def test_a_moved_baseline_needs_all_of_its_seeds(baseline_file, tmp_path):
    with pytest.raises(
        UserError, match="--seeds 0,1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19"
    ):
        moving.move(fresh(tmp_path), baseline_file, "Because.", environments=())


def test_a_part_does_not_move_to_another_table_or_protocol(tmp_path):
    baseline_file = recorded(tmp_path, "random", "random-search")
    before = baseline_file.read_bytes()

    def moved(methods, layers, **changes):
        moved_records = [
            changed(record(trial, 70), **changes)
            for method in methods
            for trial in trials(method, [*RECORDED, *FIRST])
        ]
        runs = keep(tmp_path / "-".join([*methods, *layers, *changes]), moved_records)
        moving.move(runs, baseline_file, "Why.", layers=layers, methods=methods, environments=())

    with pytest.raises(UserError, match="another table, or another version of the space"):
        moved(["random"], ["statistics"], truth_sha256="0" * 64)
    with pytest.raises(UserError, match="another table, or another version of the space"):
        moved(["random"], ["statistics"], space_version="9")
    with pytest.raises(UserError, match="random has another protocol than the recorded one"):
        moved(["random"], ["structure"], settings={"a": 1})
    with pytest.raises(UserError, match="move structure and statistics together"):
        moved(["random"], ["statistics"], settings={"a": 2})
    assert baseline_file.read_bytes() == before
    moved(["random", "random-search"], ["statistics"], truth_sha256="0" * 64, truth="other")
    after = baseline.read(baseline_file)
    assert (after.truth, after.truth_sha256) == ("other", "0" * 64)


def test_a_part_says_nothing_of_the_rest(tmp_path):
    """What the file says of all methods stays what it was, or the part does not move."""
    baseline_file = recorded(tmp_path, "random", "random-search")
    before = baseline.read(baseline_file)
    everything = trials("random", [*RECORDED, *FIRST])
    other = [record(each, 60, environment={"torch": "9.9"}) for each in everything]
    runs = keep(tmp_path / "moved", other)
    moving.move(
        runs, baseline_file, "Why.", layers=["statistics"], methods=["random"], environments=()
    )
    after = baseline.read(baseline_file)
    assert after.packages == before.packages
    assert after.methods["random"].searches != before.methods["random"].searches
    assert after.methods["random-search"] == before.methods["random-search"]
    with pytest.raises(UserError, match="move the structure of all methods together"):
        moving.move(
            runs, baseline_file, "Why.",
            layers=["structure"], methods=["random"], environments=[Elsewhere("planet X")],
        )  # fmt: skip


def test_a_baseline_moves_by_results_of_one_kind(baseline_file, tmp_path):
    mixed = [
        changed(record(each, 70), arithmetic={"device": "cuda" if each.seed % 2 else "none"})
        for each in trials("random", RECORDED)
    ]
    runs = keep(tmp_path / "mixed", mixed)
    with pytest.raises(UserError, match="holds random with different arithmetic"):
        moving.move(runs, baseline_file, "Why.", environments=())
