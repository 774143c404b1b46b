"""What of a short search is compared where: only what is shown to be the same there."""

from dataclasses import replace

import pytest
import torch

from harness.guard import baseline, elsewhere, environment, guarding, recording, short_search
from harness.guard.elsewhere import Elsewhere
from harness.guard.short_search import Derived
from tests.harness.guard_results import FIRST, accuracies, recorded, results, trials


def derived(architecture="a", lead=0.5, shift=0.0) -> Derived:
    """Two edges of two operations, of which the closest decision is `lead`."""
    rows = [[1.0 + shift, 0.0], [0.0, lead]]
    return Derived(architecture, arrays={"alpha/cell": rows, "beta/cell": [0.1, 0.2]})


HERE = ("same draws", derived())


@pytest.mark.parametrize(
    ("other", "architecture", "everywhere"),
    [
        (("same draws", derived(shift=1e-14)), "a", True),
        (("same draws", derived("b")), None, False),
        (("same draws", derived(shift=0.4)), None, False),  # it agrees, by luck
        (("other draws", derived("b")), "a", False),
        (("other draws", derived(shift=0.4)), "a", False),
        (("other draws", derived(shift=1e-6)), "a", True),
    ],
)
def test_a_short_search_is_kept_where_environments_agree(other, architecture, everywhere):
    found = recording._short_search(3, [HERE, other])
    assert (found.seed, found.architecture, found.everywhere) == (3, architecture, everywhere)
    assert found.margin == 0.5


def test_spread_and_margin():
    assert short_search.margin(derived(lead=0.02)) == pytest.approx(0.02)
    assert short_search.margin(Derived("a")) is None
    found = [derived(), derived(shift=0.1), derived(shift=-0.25)]
    assert short_search.spread(found) == 0.25
    assert short_search.spread([derived(), Derived("a")]) == float("inf")


@pytest.mark.usefixtures("data_home", "made_images")
def test_what_is_not_portable_is_not_compared(tmp_path):
    """Two short searches recorded wrongly: one that is not compared anywhere, one not here."""
    file = recorded(tmp_path, "random")
    found = baseline.read(file)
    of_method = found.methods["random"]
    first, second = of_method.short_searches
    fresh = results(tmp_path / "fresh", {"random": accuracies(FIRST)})

    def judged(draws, **changes):
        searches = (replace(first, architecture=None), replace(second, **changes))
        changed = replace(of_method, short_searches=searches)
        here = {**found.environment, environment.DRAWS: draws}
        baseline.write(file, replace(found, methods={"random": changed}, environment=here))
        (finding,) = guarding.guard(fresh, file, layers=["structure"])
        return finding

    here = environment.normal_draws()
    wrong = {"architecture": first.architecture}
    assert first.architecture != second.architecture
    assert judged(here).state == "kept"
    assert "1 short searches are the same; 1 that processors do not" in judged(here).reason
    assert judged(here, **wrong, everywhere=False).is_red
    assert judged("others", **wrong, everywhere=False).state == "kept"
    assert judged("others", **wrong, everywhere=True).is_red


def test_torch_draws_alike_with_avx2_and_otherwise_without():
    """Else 1e-9 would be asked for where it cannot be had, or not where it can."""
    if torch.backends.cpu.get_cpu_capability() not in ("AVX2", "AVX512"):
        pytest.skip("this processor has no AVX2")
    by_name = {each.name: each for each in elsewhere.ENVIRONMENTS}
    here = environment.normal_draws()
    assert elsewhere.call(environment.normal_draws, by_name["avx2"]) == here
    assert elsewhere.call(environment.normal_draws, by_name["default"]) != here


@pytest.mark.usefixtures("data_home")
def test_searches_elsewhere_are_those_that_are_asked_for():
    (trial,) = trials("random-search", [5])
    draws, found = elsewhere.run([(trial, 0), (trial, 1)], Elsewhere("here"))
    assert draws == environment.normal_draws()
    assert found == [short_search.run(short_search.of(trial, seed)) for seed in (0, 1)]
