"""Which short searches a baseline keeps for comparison."""

import pytest

from harness.guard.baselines import short_searches
from harness.guard.baselines.record import record_baseline
from harness.guard.baselines.short_searches import short_search
from harness.guard.environments.emulate import EmulatedEnvironment
from tests.harness.guard.fake_results import accuracies, fake_derivation, fake_results


@pytest.mark.parametrize(
    ("other", "architecture"),
    [
        (fake_derivation(shift=1e-14), "a"),
        (fake_derivation("b"), None),
        (fake_derivation(shift=0.4), None),  # agrees by chance
    ],
)
def test_a_short_search_is_kept_where_environments_agree(other, architecture):
    found = short_search(3, [fake_derivation(), other])
    assert (found.seed, found.architecture, found.margin) == (3, architecture, 0.5)


@pytest.mark.usefixtures("data_home", "made_images")
def test_only_methods_that_compute_are_tried_in_other_environments(tmp_path, monkeypatch):
    asked = {"darts-1st": accuracies(range(4)), "random": accuracies(range(4))}
    runs = fake_results(tmp_path / "recorded", asked)
    monkeypatch.setattr(
        short_searches,
        "emulate_short_searches",
        lambda environment, trials, *_: [fake_derivation("another")] * len(trials),
    )
    lines: list[str] = []
    found = record_baseline(
        runs,
        tmp_path / "b.json",
        environments=[EmulatedEnvironment("other")],
        on_progress=lines.append,
    )
    assert lines == [
        "4 short searches with this processor's own kernels",
        "2 short searches in the environment 'other'",
    ]
    assert found.environments_tried == ("here", "other")
    kept = {name: of.short_searches for name, of in found.methods.items()}
    assert [each.architecture for each in kept["darts-1st"]] == [None, None]
    assert None not in [each.architecture for each in kept["random"]]
