"""A gradient search as the harness builds and runs it: its settings where they act, its ends."""

import os
import random
import signal
import subprocess
import time
from typing import Any

import pandas as pd
import pytest
import torch

import harness
from benchmarks.datasets import nas_bench_201_splits
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.storage.evaluated import read_searches
from harness.storage.store import Store
from harness.trials.device import DeviceLost
from harness.trials.notebook import BlankNotebook
from harness.trials.search import run_search
from harness.trials.task import SearchTask
from methods import METHODS
from methods.darts import FirstOrderDarts
from methods.differentiable.search import BilevelSearch
from methods.method import Diverged
from tests.harness.trials.gradient_searches import TINY, command, outcome

MEASURED = [
    "architecture",
    "search_train_loss",
    "search_valid_loss",
    "entropy",
    "greatest_entropy",
    "test_value",
]


def trials_of(protocol="paper", dataset="cifar10", **settings: str):
    request = make_request(
        "darts-1st", spaces="nas-bench-201", datasets=dataset, seeds=1, protocol=protocol,
        settings=settings, table=None, device="cpu",
    )  # fmt: skip
    return make_plan(request).searches


def built(**changes) -> BilevelSearch:
    """The search of a planned trial, ready to begin."""
    (trial,) = trials_of(**changes)
    task = SearchTask(trial, SPACES[trial.space], BlankNotebook(), "cpu")
    return BilevelSearch(METHODS[trial.method](), task)  # type: ignore[arg-type]


# The published values, restated from the sources that the protocols name: AutoDL-Projects
# @ f46486e, DARTS-V1.py and DARTS.config; search-cell.py and weight-sharing.config.
@pytest.mark.data
@pytest.mark.parametrize(
    ("name", "epochs", "weights", "clip", "last_affine", "has_bias"),
    [
        ("paper", 50, 1_686_106, 5.0, True, False),
        ("common", 50, 1_686_106, 5.0, True, False),
        ("nats-bench", 100, 1_692_698, 0.0, False, True),
    ],
)
def test_a_protocol_arrives_where_it_acts(
    search_home, name, epochs, weights, clip, last_affine, has_bias
):
    found = built(protocol=name)
    sgd = found.weight_optimizer.param_groups[0]
    assert type(found.weight_optimizer) is torch.optim.SGD
    assert (sgd["lr"], sgd["momentum"], sgd["nesterov"], sgd["weight_decay"]) == (
        0.025, 0.9, True, 5e-4,
    )  # fmt: skip
    adam = found.alpha_optimizer.param_groups[0]
    assert type(found.alpha_optimizer) is torch.optim.Adam
    assert (adam["lr"], adam["betas"], adam["eps"], adam["weight_decay"]) == (
        3e-4, (0.5, 0.999), 1e-8, 1e-3,
    )  # fmt: skip
    assert adam["params"] == [found.parameters["alpha"]["cell"]]
    assert sum(each.numel() for each in sgd["params"]) == weights
    assert found.settings.epochs == epochs
    assert found.settings.weight_clip == clip
    assert found.settings.update_order == "weights_first"
    assert found.supernet.get_submodule("last.0").affine is last_affine
    candidate = found.supernet.get_submodule("cells.0.sources.0.nor_conv_3x3")
    assert candidate.get_submodule("batch_norm").affine is False
    assert candidate.get_submodule("batch_norm").track_running_stats is False
    assert (candidate.get_submodule("convolution").bias is not None) is has_bias
    alpha = found.parameters["alpha"]["cell"]
    assert alpha.shape == (6, 5)
    assert 3e-4 < alpha.std().item() < 2e-3
    split = nas_bench_201_splits.read(search_home / "sources/nas-bench-201/cifar-split.txt")
    for part, key in (("search_train", "train"), ("search_valid", "valid")):
        stream = found._batches[part]
        assert stream._indices.tolist() == split[key].tolist()
        assert stream.batches_per_pass == 391
        images, labels = stream.next()
        assert images.shape == (64, 3, 32, 32)
        assert len(labels) == 64


@pytest.mark.data
def test_quick_keeps_alphas_learning_rate_times_steps(search_home):
    quick, common = (built(protocol=name) for name in ("quick", "common"))
    steps = quick.settings.epochs * quick.settings.steps_per_epoch
    assert (quick.settings.epochs, steps) == (20, 200)
    assert quick.settings.alpha_lr * steps == pytest.approx(common.settings.alpha_lr * 50 * 391)


@pytest.mark.data
def test_half_of_the_indices_is_another_split(search_home):
    found = built(data_split="halves")
    assert found._batches["search_train"]._indices.tolist() == list(range(25_000))
    assert found._batches["search_valid"]._indices.tolist() == list(range(25_000, 50_000))


@pytest.mark.data
def test_what_does_not_fit_is_found_before_the_run(search_home):
    with pytest.raises(UserError, match="batch_size 30000 does not fit the 25000 images"):
        trials_of(batch_size="30000")
    with pytest.raises(UserError, match="epochs=0|epochs must be at least 1"):
        trials_of(epochs="0")
    with pytest.raises(UserError, match="weight_optimizer cannot be set: in darts-1st it is"):
        trials_of(weight_optimizer="adam")
    for name, value in [
        *[("weight_decay", "nan"), ("weight_lr_min", "-1"), ("weight_momentum", "2")],
        *[("alpha_beta1", "1.5"), ("alpha_init_scale", "inf"), ("label_smoothing", "2")],
    ]:
        with pytest.raises(UserError, match=f"darts-1st: .*{name}.* must be"):
            trials_of(**{name: value})
    with pytest.raises(UserError, match="cifar100 is not in"):
        trials_of(dataset="cifar100", data_split="halves")


def test_without_images_a_plan_says_where_to_get_them(data_home):
    with pytest.raises(UserError, match="Download it with `python -m harness data fetch cifar10`"):
        trials_of()


class Ending(FirstOrderDarts):
    """A method that ends as its environment says."""

    def search(self, task):
        assert task.device.type == "cpu"
        raise {
            "diverged": Diverged("The loss or alpha stopped being a number in epoch 3."),
            "card full": torch.OutOfMemoryError(
                "CUDA out of memory. Tried to allocate 2.50 GiB. GPU 0 has a total capacity of ..."
            ),
            "host full": RuntimeError(
                "[enforce fail at alloc_cpu.cpp:124] err == 0. DefaultCPUAllocator: can't allocate "
                "memory: you tried to allocate 123456 bytes. Error code 12"
            ),
            "library full": RuntimeError(
                "CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"
            ),
            "lost": RuntimeError("CUDA error: unspecified launch failure\nCUDA kernel errors ..."),
        }[os.environ["ENDING"]]


@pytest.fixture
def ending(search_home, monkeypatch, override):
    override(METHODS, "darts-1st", f"{__name__}:Ending")
    (trial,) = trials_of(**TINY)

    def run(how):
        monkeypatch.setenv("ENDING", how)
        return run_search(trial, BlankNotebook())

    return run


@pytest.mark.data
@pytest.mark.parametrize(
    ("how", "state", "reason"),
    [
        ("diverged", "diverged", "The loss or alpha stopped being a number in epoch 3."),
        ("card full", "oom", "Out of memory allocating 2.50 GiB. Use a smaller"),
        ("library full", "oom", "Out of memory."),
        ("host full", "oom", "Out of memory allocating 123456 bytes."),
    ],
)
def test_an_end_without_a_result_is_a_state(ending, how, state, reason):
    record = ending(how)
    assert record.state == state
    assert record.reason.startswith(reason)
    assert record.peak_memory_mib > 0
    assert record.device_name


@pytest.mark.data
def test_a_lost_card_ends_the_run_and_not_the_trial(ending):
    with pytest.raises(DeviceLost, match="cpu no longer works .CUDA error: unspecified launch fai"):
        ending("lost")


@pytest.mark.data
def test_jobs_and_kills_change_nothing(search_home, tmp_path):
    """One worker, and two that are killed at random moments and started again, end alike."""
    subprocess.run(command(tmp_path / "one", "--jobs", "1"), check=True)
    expected, events = outcome(tmp_path / "one")
    assert (expected["state"] == "done").all()
    assert len(events) == 2 * 3
    rng, out = random.Random(1), tmp_path / "killed"
    for _ in range(2):
        process = subprocess.Popen(command(out, "--jobs", "2"), stderr=subprocess.DEVNULL)
        noted = sum(len(path.read_text()) for path in out.glob("trials/*/events.jsonl"))
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            now = sum(len(path.read_text()) for path in out.glob("trials/*/events.jsonl"))
            if now > noted:  # it got somewhere; kill it at any moment from now on
                time.sleep(rng.uniform(0, 0.2))
                break
            time.sleep(0.01)
        process.send_signal(signal.SIGKILL)
        process.wait()
    subprocess.run(command(out, "--jobs", "2"), check=True)
    results, noted_events = outcome(out)
    pd.testing.assert_frame_equal(results, expected)
    assert noted_events == events
    assert not list(out.glob("trials/*/checkpoint*"))


@pytest.mark.data
def test_a_history_tells_of_every_epoch(search_home, tmp_path):
    from harness.storage import frames

    found: Any = harness.run(
        "darts-1st",
        datasets="cifar10",
        seeds=1,
        protocol="quick",
        settings=TINY,
        out=tmp_path,
        report=False,
        jobs=1,
    )
    assert found["peak_memory_mib"].gt(100).all()
    assert found["device"].eq("cpu").all()
    store = Store.open(tmp_path)
    history: Any = frames.history(store, read_searches(store))
    assert len(history) == 3 * 3
    assert history["epoch"].unique().tolist() == [1, 2, 3]
    counts = [name for name in history if name.startswith("count_")]
    assert (history[counts].sum(axis=1) == 6).all()
    last = history[history["epoch"] == 3].set_index("dataset")["test_value"]
    assert last.to_dict() == found.set_index("dataset")["test_value"].to_dict()
    assert history[MEASURED].notna().all().all()
