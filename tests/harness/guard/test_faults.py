"""What the guard is for: every deliberate defect turns the cheapest layer red.

What the statistics layer alone would have seen of each defect is in `faults_digits.py`, which takes
minutes: `tox -e faults`.
"""

import pytest

from harness.guard.baselines.record import record_baseline
from harness.guard.compare import compare_with_baseline
from harness.guard.finding import LAYERS
from methods import METHODS
from tests.harness.guard.fake_results import accuracies, fake_record, fake_results, store, trials
from tests.harness.guard.faults import FAULTS

pytestmark = pytest.mark.usefixtures("data_home", "made_images")


@pytest.mark.parametrize("name", list(FAULTS))
def test_a_defect_turns_the_cheapest_layer_red(name, tmp_path, monkeypatch):
    fault = FAULTS[name]
    four = fake_results(tmp_path / "recorded", {fault.method: accuracies(range(4))})
    file = tmp_path / "baseline.json"
    record_baseline(four, file, environments=())
    fresh = store(tmp_path / "fresh", [fake_record(trials(fault.method, [4])[0], 70)])
    cheapest = fault.seen_by[0]
    up_to_it = LAYERS[: LAYERS.index(cheapest) + 1]
    before = list(compare_with_baseline(fresh, file, layers=up_to_it))
    fault.inject(monkeypatch)
    after = list(compare_with_baseline(fresh, file, layers=up_to_it))
    assert [each.state for each in before] == ["kept"] * len(up_to_it)
    assert [each.state for each in after] == ["kept"] * (len(up_to_it) - 1) + ["moved"]
    version = METHODS[fault.method].version
    assert cheapest == "structure" or (
        f"The method's version is still {version}: undo the change" in after[-1].reason
    )
