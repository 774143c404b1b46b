"""From the user's words to trials."""

from dataclasses import fields, replace

import pytest

from benchmarks.errors import UserError
from harness.planning.plan import make_plan
from harness.planning.request import make_request, parse_methods, parse_seeds
from harness.trials.trial import SearchTrial

ASKED = {
    "spaces": "nas-bench-201",
    "datasets": "cifar10",
    "seeds": 2,
    "protocol": "paper",
    "settings": {},
    "table": None,
    "device": "auto",
}


def make(methods="random-search", **changes):
    return make_plan(make_request(methods, **{**ASKED, **changes}))


@pytest.mark.parametrize(
    ("text", "seeds"),
    [
        ("4", [0, 1, 2, 3]),
        (4, [0, 1, 2, 3]),
        ("0,3,7", [0, 3, 7]),
        ("7, 3,3", [3, 7]),
        ("5,", [5]),
        ([9, 2], [2, 9]),
        (range(3), [0, 1, 2]),
    ],
)
def test_seeds(text, seeds):
    assert parse_seeds(text) == seeds


@pytest.mark.parametrize("text", ["a", "1.5", "-1", "", ",", "1;2", "0x3"])
def test_seeds_that_are_no_numbers(text):
    with pytest.raises(UserError, match="is neither a number nor a list.*such as 0,3,7"):
        parse_seeds(text)


@pytest.mark.parametrize("text", ["0", 0])
def test_no_seed(text):
    with pytest.raises(UserError, match="--seeds 0 asks for no seed. Give a number"):
        parse_seeds(text)


def test_all_means_the_seven():
    seven = ["darts-1st", "darts-2nd", "pc-darts", "rf-darts", "rf-pcdarts", "asap"]
    assert parse_methods("all") == [*seven, "random-search"]
    assert parse_methods("random,all,random")[:2] == ["random", "darts-1st"]
    assert "random-ws" not in parse_methods("all")


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"methods": "randm"}, r"Unknown method 'randm'. Did you mean 'random'\?"),
        ({"methods": ","}, "No method is named"),
        ({"spaces": "nasbench201"}, r"Unknown space 'nasbench201'. Did you mean 'nas-bench-201'\?"),
        ({"datasets": "cifar-10"}, r"Unknown dataset 'cifar-10'. Did you mean 'cifar10'\?"),
        ({"protocol": "papers"}, r"Unknown protocol 'papers'. Did you mean 'paper'\?"),
        ({"table": "nats"}, "Unknown table 'nats'"),
        ({"device": "gpu"}, "Unknown device 'gpu'. Give auto, cpu, cuda or cuda:N"),
        ({"device": "cuda"}, "--device cuda: torch finds no CUDA device. Use --device cpu"),
        (
            {"settings": {"time_budget": 1}},
            r"No selected method has a setting 'time_budget'. Did you mean 'time_budget_seconds'\?",
        ),
        (
            {"settings": {"time_budget_seconds": "x"}},
            "time_budget_seconds=x does not fit: Input should be a valid number",
        ),
        ({"settings": {"overshoot": "keep"}}, "overshoot=keep does not fit"),
        ({"settings": {"time_budget_seconds": "nan"}}, "must be above 0 and finite"),
        ({"settings": {"time_budget_seconds": "inf"}}, "must be above 0 and finite"),
        ({"seeds": "100001"}, "--seeds 100001 asks for more than 100,000 seeds"),
        ({"methods": "RANDOM"}, r"Unknown method 'RANDOM'. Did you mean 'random'\?"),
        ({"settings": {"time_budget_seconds": -5}}, "time_budget_seconds must be above 0"),
        (
            {"table": "nas-bench-201-v1.1"},
            "v1.1 is not at .*data import nas-bench-201",
        ),
    ],
)
def test_what_does_not_exist(data_home, monkeypatch, changes, message):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    with pytest.raises(UserError, match=message):
        make(**{"methods": "random-search", **changes})


def test_names_are_checked_before_any_table_is_opened(empty_data_home):
    with pytest.raises(UserError, match="Unknown method"):
        make("nothing")


def test_no_table(empty_data_home):
    with pytest.raises(UserError, match="is not at .*data fetch nas-bench-201"):
        make()


def test_trials_of_a_plan(data_home):
    plan = make("random-search,random", datasets="cifar10,cifar100", seeds="1,5")
    assert [(trial.method, trial.search_dataset, trial.seed) for trial in plan.searches] == [
        ("random-search", "cifar10", 1),
        ("random-search", "cifar10", 5),
        ("random", "cifar10", 1),
        ("random", "cifar10", 5),
        ("random-search", "cifar100", 1),
        ("random-search", "cifar100", 5),
        ("random", "cifar100", 1),
        ("random", "cifar100", 5),
    ]
    assert len({trial.key for trial in plan.searches}) == 8


def test_the_key_hashes_whatever_can_move_a_result(data_home):
    (trial,) = make(seeds="0,").searches
    changed = {
        "settings": {**trial.settings, "time_budget_seconds": 1.0},
        "seed": 1,
        "arithmetic": {"device": "cuda"},
        **{
            field.name: "other"
            for field in fields(SearchTrial)
            if field.name not in ("settings", "seed", "arithmetic", "provenance")
        },
    }
    keys = {replace(trial, **{name: value}).key for name, value in changed.items()}
    assert len(keys) == len(changed)
    assert trial.key not in keys


def test_the_key_leaves_out_what_cannot(data_home, monkeypatch, tmp_path):
    """Neither the company of other methods and seeds nor the place of the data is in it."""
    (alone,) = make("random-search", seeds="3,").searches
    among = make("random,random-search", datasets="cifar100,cifar10", seeds=6).searches
    assert alone.key in {trial.key for trial in among}
    assert replace(alone, provenance={"time_budget_seconds": "chosen"}).key == alone.key
    data_home.rename(tmp_path / "moved")
    monkeypatch.setenv("HARNESS_DATA", str(tmp_path / "moved"))
    assert make("random-search", seeds="3,").searches[0].key == alone.key


def test_an_override_is_part_of_the_key_and_named(data_home):
    (plain,) = make(seeds="0,").searches
    (changed,) = make(seeds="0,", settings={"time_budget_seconds": "6000"}).searches
    assert changed.overrides == "time_budget_seconds=6000.0"
    assert changed.settings["time_budget_seconds"] == 6000.0
    assert changed.provenance["time_budget_seconds"] == "set by the user"
    assert changed.key != plain.key


def test_an_override_of_another_method_changes_nothing(data_home):
    plan = make("random-search,random", seeds="0,", settings={"time_budget_seconds": "6000"})
    (plain,) = make("random", seeds="0,").searches
    assert plan.searches[1] == plain
