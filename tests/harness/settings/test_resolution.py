"""A method's settings: the published values arrive, the user's are marked, facts are kept."""

from dataclasses import dataclass
from types import SimpleNamespace
from typing import Any

import pytest

from benchmarks.errors import UserError
from harness.settings.protocol_data import SourcedValue
from harness.settings.resolution import resolve
from methods.asap import Asap
from methods.darts import FirstOrderDarts
from methods.method import settings_class
from methods.random_search import RandomSearch
from methods.rf_darts import RfDarts


def random_search(name, dataset="cifar10", **overrides):
    return resolve(RandomSearch, "nas-bench-201", dataset, name, overrides)


def sources(protocol):
    return {each.name: each.provenance for each in protocol.resolved}


@pytest.mark.parametrize(
    ("name", "dataset", "budget", "overshoot"),
    [
        ("paper", "cifar10", 12_000, "drop"),
        ("paper", "cifar100", 12_000, "drop"),
        ("paper", "imagenet16-120", 12_000, "drop"),
        ("nats-bench", "cifar10", 20_000, "count"),
        ("nats-bench", "cifar100", 40_000, "count"),
        ("nats-bench", "imagenet16-120", 120_000, "count"),
        ("common", "cifar10", 12_000, "drop"),
        ("quick", "cifar10", 12_000, "drop"),
    ],
)
def test_random_search(name, dataset, budget, overshoot):
    settings = random_search(name, dataset).settings
    assert settings.time_budget_seconds == budget
    assert settings.score_epochs == 12
    assert settings.overshoot == overshoot


def test_every_value_has_its_source():
    found = sources(random_search("paper"))
    assert found.pop("budget_in_mean_costs") == "chosen: the default of random-search"
    for provenance in found.values():
        assert provenance.startswith("read: D-X-Y/AutoDL-Projects@f46486e")


def test_an_override_is_typed_and_marked():
    found = random_search("paper", score_epochs="200")
    assert found.settings.score_epochs == 200
    assert found.overrides == "score_epochs=200"
    assert sources(found)["score_epochs"] == "set by the user"
    assert sources(found)["overshoot"].startswith("read:")


def test_a_dataset_of_one_file_has_protocols_of_its_own_size():
    on_digits = resolve(FirstOrderDarts, "nas-bench-201", "digits", "common", {}).settings
    assert (on_digits.steps_per_epoch, on_digits.channels, on_digits.epochs) == (4, 8, 50)
    # Alpha goes as far as in the host: learning rate times steps.
    assert on_digits.alpha_lr * 50 * 4 == pytest.approx(3e-4 * 19_550)
    with pytest.raises(UserError, match="asap has no protocol quick for digits"):
        resolve(Asap, "nas-bench-201", "digits", "quick", {})


def test_a_value_that_a_protocol_lacks_is_asked_for():
    class Own(RandomSearch):
        @dataclass(frozen=True, kw_only=True)
        class Settings(RandomSearch.Settings):
            restarts: int

    with pytest.raises(UserError, match="no restarts for a search on cifar10; give one with --set"):
        resolve(Own, "nas-bench-201", "cifar10", "paper", {})
    found = resolve(Own, "nas-bench-201", "cifar10", "paper", {"restarts": "5"})
    assert found.settings.restarts == 5


def test_a_setting_of_a_methods_own_takes_its_default():
    class Own(RandomSearch):
        @dataclass(frozen=True, kw_only=True)
        class Settings(RandomSearch.Settings):
            restarts: int = 3

    found = resolve(Own, "nas-bench-201", "cifar10", "paper", {})
    assert found.settings.restarts == 3
    assert sources(found)["restarts"] == "chosen: the default of random-search"


def test_a_protocol_that_asks_for_what_a_method_does_not_do_is_refused(monkeypatch):
    """The sentence names what was asked for and what is done."""
    from harness.settings import lookup

    published = lookup.values

    def other(*arguments):
        return published(*arguments) | {"drop_path": SourcedValue(0.3, "read: somewhere")}

    monkeypatch.setattr(lookup, "values", other)
    with pytest.raises(
        UserError,
        match="^Protocol common of asap asks for drop_path = 0.3, and asap does 0.$",
    ):
        resolve(Asap, "nas-bench-201", "cifar10", "common", {})


def test_random_features_need_something_to_train():
    with pytest.raises(UserError, match="affine_candidates must be on: BatchNorm is all that is"):
        resolve(RfDarts, "nas-bench-201", "cifar10", "common", {"affine_candidates": "false"})


def test_a_name_that_method_and_space_both_have_is_refused():
    """Either value would be taken for the other's."""

    @dataclass(frozen=True, kw_only=True)
    class Clashing:
        label_smoothing: float = 0.7

    space: Any = SimpleNamespace(name="clashing", SupernetSettings=Clashing)
    with pytest.raises(UserError, match="label_smoothing: a setting of BilevelSettings and of the"):
        settings_class(FirstOrderDarts, space)
