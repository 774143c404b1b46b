"""Every defect against every layer, on the digits, and what statistics alone would have seen.

    tox -e faults

takes minutes and prints a line for each defect, which docs/guard.md quotes.
"""

import sys
from pathlib import Path

import pytest

from harness.execution.answering import Answering
from harness.guard.baselines.baseline import Baseline
from harness.guard.baselines.file import read_baseline
from harness.guard.finding import LAYERS
from harness.guard.layers.bits import judge_bits
from harness.guard.layers.statistics import judge_statistics
from harness.guard.layers.structure import judge_structure
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.storage.store import Store
from harness.trials.notebook import BlankNotebook
from harness.trials.search import run_search
from tests.harness.guard.faults import FAULTS

FILE = Path(__file__).parents[2] / "baselines" / "digits.json"


@pytest.fixture(scope="module")
def recorded() -> Baseline:
    return read_baseline(FILE)


@pytest.mark.timeout(1200)
@pytest.mark.parametrize("name", list(FAULTS))
def test_a_defect_is_seen(name, recorded, tmp_path, monkeypatch, capsys):
    fault = FAULTS[name]
    methods = {fault.method: recorded.methods[fault.method]}
    fault.inject(monkeypatch)

    def search_seeds(seeds) -> dict:
        request = make_request(
            fault.method, spaces=recorded.space, datasets=recorded.search_dataset,
            seeds=list(seeds), protocol=recorded.protocol, settings={}, table=recorded.table,
            device="cpu",
        )  # fmt: skip
        plan = make_plan(request)
        records = [run_search(each, BlankNotebook()) for each in plan.searches]
        searches = Answering(plan, Store(tmp_path)).add(records)
        return {each.trial.seed: each for each in searches}

    fresh = {fault.method: search_seeds(recorded.first_look)}
    one = {fault.method: fresh[fault.method][recorded.first_look[0]]}
    findings = [
        *judge_bits(methods, recorded.environment),
        *judge_structure(recorded, methods, one),
        *judge_statistics(
            recorded, methods, fresh, lambda _: {fault.method: search_seeds(recorded.second_look)}
        ),
    ]
    seen = {each.layer: each for each in findings}
    with capsys.disabled():
        states = ", ".join(f"{layer} {each.state}" for layer, each in seen.items())
        reason = seen["statistics"].reason
        sys.stdout.write(f"\n{name} ({fault.method}): {states}. Statistics: {reason}\n")
    assert [layer for layer in LAYERS if seen[layer].is_red] == list(fault.seen_by)
