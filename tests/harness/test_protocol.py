"""Protocols: the published values arrive where they act, and nowhere else."""

from dataclasses import dataclass

import pytest

from benchmarks.errors import UserError
from harness import protocol
from methods.asap import Asap
from methods.darts import FirstOrderDarts
from methods.method import setting
from methods.random_architecture import RandomArchitecture
from methods.random_search import RandomSearch


def resolve(name, dataset="cifar10", **overrides):
    return protocol.resolve(RandomSearch, "nas-bench-201", dataset, name, overrides)


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
    settings = resolve(name, dataset).settings
    assert settings.time_budget_seconds == budget
    assert settings.score_epochs == 12
    assert settings.overshoot == overshoot


def test_every_value_has_its_source():
    found = {each.name: each.provenance for each in resolve("paper").resolved}
    assert found.pop("budget_in_mean_costs") == "chosen: the default of random-search"
    for provenance in found.values():
        assert provenance.startswith("read: D-X-Y/AutoDL-Projects@f46486e")


def test_an_override_is_typed_and_marked():
    found = resolve("paper", score_epochs="200")
    assert found.settings.score_epochs == 200
    assert found.overrides == "score_epochs=200"
    sources = {each.name: each.provenance for each in found.resolved}
    assert sources["score_epochs"] == "set by the user"
    assert sources["overshoot"].startswith("read:")


def test_a_method_without_settings_has_every_protocol():
    names = protocol.names_of(RandomArchitecture, "nas-bench-201")
    assert names == list(protocol.PROTOCOLS)


def test_a_protocol_that_a_method_lacks_is_refused():
    assert protocol.names_of(Asap, "nas-bench-201") == ["common", "paper", "quick"]
    with pytest.raises(UserError, match="asap has no protocol nats-bench for cifar10 on nas"):
        protocol.resolve(Asap, "nas-bench-201", "cifar10", "nats-bench", {})


def test_a_dataset_of_one_file_has_protocols_of_its_own_size():
    assert protocol.names_of(Asap, "nas-bench-201", "digits") == ["common"]
    on_digits = protocol.resolve(FirstOrderDarts, "nas-bench-201", "digits", "common", {}).settings
    assert (on_digits.steps_per_epoch, on_digits.channels, on_digits.epochs) == (4, 8, 50)
    # Alpha goes as far as in the host: learning rate times steps.
    assert on_digits.alpha_lr * 50 * 4 == pytest.approx(3e-4 * 19_550)
    with pytest.raises(UserError, match="asap has no protocol quick for digits"):
        protocol.resolve(Asap, "nas-bench-201", "digits", "quick", {})


def test_a_value_that_a_protocol_lacks_is_asked_for():
    class Own(RandomSearch):
        @dataclass(frozen=True, kw_only=True)
        class Settings(RandomSearch.Settings):
            restarts: int = setting("restarts_{dataset}")

    with pytest.raises(UserError, match="has no restarts_cifar10 for a search on cifar10"):
        protocol.resolve(Own, "nas-bench-201", "cifar10", "paper", {})


def test_a_setting_of_a_methods_own_takes_its_default():
    class Own(RandomSearch):
        @dataclass(frozen=True, kw_only=True)
        class Settings(RandomSearch.Settings):
            restarts: int = 3

    found = protocol.resolve(Own, "nas-bench-201", "cifar10", "paper", {})
    assert found.settings.restarts == 3
    sources = {each.name: each.provenance for each in found.resolved}
    assert sources["restarts"] == "chosen: the default of random-search"
    found = protocol.resolve(Own, "nas-bench-201", "cifar10", "paper", {"restarts": "5"})
    assert found.settings.restarts == 5


@pytest.mark.parametrize("text", ["a", "=1", "a=", ""])
def test_set_of_another_form(text):
    with pytest.raises(UserError, match=f"--set {text} is not of the form KEY=VALUE"):
        protocol.parse_overrides([text])


def test_set():
    assert protocol.parse_overrides(["a=1", "b = x=y"]) == {"a": "1", "b": "x=y"}
