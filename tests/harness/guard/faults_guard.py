"""Every defect against every layer, on the digits, and what statistics alone would have seen.

    tox -e faults

takes some minutes and prints a line for each defect, which docs/guard.md quotes.
"""

import sys
from pathlib import Path

import pytest

from harness.guard import accuracies, baseline, bits, structure
from harness.guard.finding import LAYERS
from harness.planning import plan as planning
from harness.trials import search
from tests.harness.guard.guard_faults import FAULTS

FILE = Path(__file__).parents[2] / "baselines" / "digits.json"


@pytest.fixture(scope="module")
def recorded() -> baseline.Baseline:
    return baseline.read(FILE)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", list(FAULTS))
def test_a_defect_is_seen(name, recorded, monkeypatch, capsys):
    fault = FAULTS[name]
    methods = {fault.method: recorded.methods[fault.method]}
    fault.inject(monkeypatch)

    def searched(seeds) -> dict:
        asked = planning.campaign(
            fault.method, spaces=recorded.space, datasets=recorded.search_dataset,
            seeds=list(seeds), protocol=recorded.protocol, settings={}, truth=recorded.truth,
            device="cpu",
        )  # fmt: skip
        found = (search.run(each, search.Nowhere()) for each in planning.make(asked).trials)
        return {each.trial.seed: each for each in found}

    fresh = {fault.method: searched(recorded.first_look)}
    one = {fault.method: fresh[fault.method][recorded.first_look[0]]}
    findings = [
        *bits.judge(methods, recorded.environment),
        *structure.judge(recorded, methods, one),
        *accuracies.judge(
            recorded, methods, fresh, lambda _: {fault.method: searched(recorded.second_look)}
        ),
    ]
    seen = {each.layer: each for each in findings}
    with capsys.disabled():
        states = ", ".join(f"{layer} {each.state}" for layer, each in seen.items())
        reason = seen["statistics"].reason
        sys.stdout.write(f"\n{name} ({fault.method}): {states}. Statistics: {reason}\n")
    assert [layer for layer in LAYERS if seen[layer].is_red] == list(fault.seen_by)
