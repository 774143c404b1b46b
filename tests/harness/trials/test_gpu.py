"""On a card: the same bits again, after a stop and beside another process. Skipped without one."""

import contextlib
import subprocess

import pandas as pd
import pytest
import torch

from harness.contract.fake_task import FakeTask, settings_of
from harness.trials.device import prepare
from methods.darts import FirstOrderDarts
from methods.differentiable.search import BilevelSearch
from tests.harness.trials.gradient_searches import command, outcome

pytestmark = [
    pytest.mark.gpu,
    pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no CUDA device here"),
]


def alpha_after(saved=None, stop_after=None, dtype=torch.float32) -> tuple[torch.Tensor, FakeTask]:
    """Alpha at the end of a small search on the card, or when it was stopped."""

    class Stopped(Exception):
        pass

    task = FakeTask(
        settings_of(FirstOrderDarts, epochs=3, alpha_lr=0.03),
        saved=saved, device=prepare("cuda:0", threads=1), dtype=dtype, side=16,
    )  # fmt: skip
    task.is_save_due = True
    saves = iter(range(1, 1000))

    def stop() -> None:
        if next(saves) == stop_after:
            raise Stopped

    task.on_save = stop
    search = BilevelSearch(FirstOrderDarts(), task)
    with contextlib.suppress(Stopped):
        search.run()
    return search.alphas[0].detach().cpu(), task


@pytest.mark.parametrize("stop_after", [2, 4, 5])
def test_a_search_that_was_stopped_ends_in_the_same_bits(stop_after):
    expected, _ = alpha_after()
    _, stopped = alpha_after(stop_after=stop_after)
    resumed, _ = alpha_after(saved=stopped.saved)
    assert torch.equal(resumed, expected)


def test_card_and_host_compute_the_same():
    """In float64, after three epochs on the same draws."""
    card, task = alpha_after(dtype=torch.float64)
    on_host = FakeTask(task.settings, side=16)
    search = BilevelSearch(FirstOrderDarts(), on_host)
    search.run()
    torch.testing.assert_close(card, search.alphas[0].detach(), rtol=1e-7, atol=1e-9)


@pytest.mark.data
def test_two_processes_on_one_card_end_in_the_same_bits(search_home, tmp_path):
    for jobs in ("1", "2"):
        subprocess.run(command(tmp_path / jobs, "--jobs", jobs, "--device", "cuda:0"), check=True)
    (one, events), (two, others) = outcome(tmp_path / "1"), outcome(tmp_path / "2")
    pd.testing.assert_frame_equal(one, two)
    assert events == others
    assert one["device"].eq("cuda").all()
