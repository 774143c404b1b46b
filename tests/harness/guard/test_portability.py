"""What of a short search is compared where: only what is shown to be the same there."""

import os
from dataclasses import replace

import pytest

from benchmarks.errors import UserError
from harness.guard import baseline, elsewhere, guarding, recording, short_search
from harness.guard.elsewhere import Elsewhere
from harness.guard.short_search import Derived
from tests.harness.guard.guard_results import (
    FIRST,
    accuracies,
    recorded,
    results,
    trials,
)


def derived(architecture="a", lead=0.5, shift=0.0) -> Derived:
    """Two edges of two operations, of which the closest decision is `lead`."""
    rows = [[1.0 + shift, 0.0], [0.0, lead]]
    return Derived(architecture, arrays={"alpha/cell": rows, "beta/cell": [0.1, 0.2]})


@pytest.mark.parametrize(
    ("other", "architecture"),
    [
        (derived(shift=1e-14), "a"),
        (derived("b"), None),
        (derived(shift=0.4), None),  # it agrees, by luck
    ],
)
def test_a_short_search_is_kept_where_environments_agree(other, architecture):
    found = recording._short_search(3, [derived(), other])
    assert (found.seed, found.architecture, found.margin) == (3, architecture, 0.5)


def test_spread_and_margin():
    assert short_search.margin(derived(lead=0.02)) == pytest.approx(0.02)
    assert short_search.margin(Derived("a")) is None
    found = [derived(), derived(shift=0.1), derived(shift=-0.25)]
    assert short_search.spread(found) == 0.25
    assert short_search.spread([derived(), Derived("a")]) == float("inf")


@pytest.mark.usefixtures("data_home", "made_images")
def test_what_is_not_portable_is_not_compared(tmp_path):
    file = recorded(tmp_path, "random")
    found = baseline.read(file)
    of_method = found.methods["random"]
    first, second = of_method.short_searches
    fresh = results(tmp_path / "fresh", {"random": accuracies(FIRST)})

    def judged(architecture):
        searches = (replace(first, architecture=architecture), second)
        changed = replace(of_method, short_searches=searches)
        baseline.write(file, replace(found, methods={"random": changed}))
        (finding,) = guarding.guard(fresh, file, layers=["structure"])
        return finding

    assert first.architecture != second.architecture
    assert judged(second.architecture).is_red
    assert judged(None).state == "kept"
    assert "1 short searches are the same; 1 that processors do not" in judged(None).reason


@pytest.mark.usefixtures("data_home")
def test_searches_elsewhere_are_those_that_are_asked_for():
    (trial,) = trials("random-search", [5])
    found = elsewhere.run([(trial, 0), (trial, 1)], Elsewhere("here"))
    assert found == [short_search.run(short_search.of(trial, seed)) for seed in (0, 1)]


def _torch_here() -> tuple[str, int]:
    import torch

    return torch.backends.cpu.get_cpu_capability(), os.getpid()


def test_an_environment_is_a_process_of_its_own():
    capability, process = elsewhere.call(
        _torch_here, Elsewhere("older", {"ATEN_CPU_CAPABILITY": "default"})
    )
    assert (capability, process == os.getpid()) == ("DEFAULT", False)
    assert "ATEN_CPU_CAPABILITY" not in os.environ


def test_a_process_that_dies_is_told():
    with pytest.raises(UserError, match="that was to compute with 'broken' died"):
        elsewhere.call(os.abort, Elsewhere("broken"))


@pytest.mark.parametrize(
    ("here", "expected"),
    [
        ("AVX512", ["default", "avx2", "avx512"]),
        ("AVX2", ["default", "avx2"]),
        ("DEFAULT", ["default"]),
        ("SVE256", ["default"]),
    ],
)
def test_only_what_the_processor_has_is_tried(here, expected, monkeypatch):
    """Torch dies of an instruction that is not there."""
    import torch

    monkeypatch.setattr(torch.backends.cpu, "get_cpu_capability", lambda: here)
    names = [each.name for each in elsewhere.environments()]
    assert names == [*expected, "older kernels", "2 threads"]


@pytest.mark.usefixtures("data_home", "made_images")
def test_a_method_that_computes_is_tried_elsewhere_and_one_that_looks_up_is_not(
    tmp_path, monkeypatch
):
    asked = {"darts-1st": accuracies(range(4)), "random": accuracies(range(4))}
    runs = results(tmp_path / "recorded", asked)
    monkeypatch.setattr(elsewhere, "run", lambda trials, *_: [derived("another")] * len(trials))
    told: list[str] = []
    found = recording.record(
        runs, tmp_path / "b.json", environments=[Elsewhere("other")], tell=told.append
    )
    assert told == [
        "4 short searches, with this processor's own kernels",
        "2 short searches, tried elsewhere: other",
    ]
    assert found.environments_tried == ("here", "other")
    kept = {name: of.short_searches for name, of in found.methods.items()}
    assert [each.architecture for each in kept["darts-1st"]] == [None, None]
    assert None not in [each.architecture for each in kept["random"]]
