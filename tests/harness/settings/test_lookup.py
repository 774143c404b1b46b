"""Which protocols a method has on a space, and what is said of values that were taken over."""

from dataclasses import dataclass
from types import SimpleNamespace

import pytest

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.spaces.nas_bench_201 import NAS_BENCH_201
from harness.settings.lookup import protocols_of
from harness.settings.names import PROTOCOLS
from harness.settings.resolution import resolve
from methods.asap import Asap
from methods.darts import FirstOrderDarts
from methods.differentiable.method import BilevelMethod
from methods.method import facts_of
from methods.random_architecture import RandomArchitecture
from methods.random_search import RandomSearch
from methods.rf_pcdarts import RfPcDarts

BORROWING = SimpleNamespace(
    name="borrowing",
    borrows_protocols_of="nas-bench-201",
    SupernetSettings=NAS_BENCH_201.SupernetSettings,
)
ALONE = SimpleNamespace(name="alone", SupernetSettings=NAS_BENCH_201.SupernetSettings)


class Hosted(BilevelMethod):
    """A gradient method that has no protocols of its own."""

    name = "hosted"


@pytest.fixture(autouse=True)
def spaces(override):
    override(SPACES, "borrowing", f"{__name__}:BORROWING")
    override(SPACES, "alone", f"{__name__}:ALONE")


def provenance(method, space, protocol="common"):
    found = resolve(method, space, "cifar10", protocol, {}).resolved
    return {each.name: each.provenance for each in found}


def test_a_method_whose_settings_have_defaults_has_every_protocol():
    class Own(RandomArchitecture):
        name = "own"

        @dataclass(frozen=True)
        class Settings(RandomArchitecture.Settings):
            population: int = 50

    for method in (RandomArchitecture, Own):
        for space in ("nas-bench-201", "alone"):
            assert protocols_of(method, space) == list(PROTOCOLS)
    assert provenance(Own, "alone", "paper") == {"population": "chosen: the default of own"}


def test_a_protocol_that_a_method_lacks_is_refused():
    assert protocols_of(Asap, "nas-bench-201") == ["common", "paper", "quick"]
    assert protocols_of(Asap, "nas-bench-201", "digits") == ["common"]
    with pytest.raises(UserError, match="asap has no protocol nats-bench for cifar10 on nas"):
        resolve(Asap, "nas-bench-201", "cifar10", "nats-bench", {})


def test_a_method_without_protocols_takes_those_of_its_host_and_says_so():
    assert protocols_of(Hosted, "nas-bench-201") == ["common", "quick"]
    found = provenance(Hosted, "nas-bench-201")
    for name, source in provenance(FirstOrderDarts, "nas-bench-201").items():
        if not source.startswith("chosen: the default"):
            assert found[name] == f"chosen: that of darts-1st ({source})"


def test_a_method_made_of_random_search_runs_as_that_does():
    class Own(RandomSearch):
        name = "own"

    found = provenance(Own, "nas-bench-201")
    assert found["overshoot"].startswith("chosen: that of random-search (read: ")


def test_a_space_has_no_other_spaces_values():
    assert protocols_of(FirstOrderDarts, "alone") == []
    with pytest.raises(
        UserError, match="darts-1st has no protocol common for cifar10 on alone. It has: none."
    ):
        resolve(FirstOrderDarts, "alone", "cifar10", "common", {})


def test_a_space_that_borrows_says_of_every_value_that_it_was_chosen():
    assert protocols_of(FirstOrderDarts, "borrowing") == ["common", "quick"]
    found = provenance(FirstOrderDarts, "borrowing")
    assert found["epochs"].startswith("chosen: borrowed from nas-bench-201's protocols (read: D-X")
    assert all(each.startswith("chosen: ") for each in found.values())
    found = provenance(Hosted, "borrowing")
    assert found["epochs"].startswith("chosen: that of darts-1st, borrowed from nas-bench-201's")


def test_why_a_method_has_no_protocol_is_said(override):
    override(SPACES, "recurrent", f"{__name__}:ALONE")
    assert protocols_of(RfPcDarts, "recurrent") == []
    with pytest.raises(UserError, match=r"on recurrent \(see pc-darts and rf-darts\)\. It has: n"):
        resolve(RfPcDarts, "recurrent", "cifar10", "paper", {})


def test_facts_grow_along_the_classes():
    assert facts_of(FirstOrderDarts)["edge_normalization"] is False
    facts = facts_of(RfPcDarts)
    assert (facts["edge_normalization"], facts["trainable"]) == (True, "batch_norm")
    assert "partial" not in facts  # a setting there
