"""A gradient search as the harness builds and runs it: its settings where they act, its ends."""

import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import fields
from typing import Any

import pandas as pd
import pytest
import torch

import harness
from benchmarks.datasets import nas_bench_201_splits
from benchmarks.errors import UserError
from harness import protocol
from harness.planning import plan as planning
from harness.storage.store import Store
from harness.trials import search
from harness.trials.device import DeviceLost
from methods import METHODS
from methods.darts import FirstOrderDarts
from methods.differentiable.search import BilevelSearch
from methods.method import Diverged

SMALL = {"channels": "4", "cells_per_stage": "1", "batch_size": "8", "epochs": "3"}
TINY = {**SMALL, "steps_per_epoch": "2"}


def trials_of(protocol="paper", dataset="cifar10", **settings: str):
    asked = planning.campaign(
        "darts-1st", spaces="nas-bench-201", datasets=dataset, seeds=1, protocol=protocol,
        settings=settings, truth=None, device="cpu",
    )  # fmt: skip
    return planning.make(asked).trials


def built(**changes) -> BilevelSearch:
    """The search of a planned trial, ready to begin."""
    (trial,) = trials_of(**changes)
    task = search._Task(trial, search.SPACES[trial.space], search._table(trial), search.Nowhere(),
                        "cpu")  # fmt: skip
    return BilevelSearch(METHODS[trial.method](), task)  # type: ignore[arg-type]


# The published values, restated from the sources that published.toml names: AutoDL-Projects
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
    assert found.settings.update_order == "w_then_alpha"
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


def test_every_published_value_is_read_or_known_not_to_matter():
    """A value that nothing reads would be a promise that nobody keeps."""
    read = {each.metadata["protocol_key"] for each in fields(FirstOrderDarts.Settings)}
    of_another_method = {
        "order", "hvp_epsilon", "hvp_epsilon_rule", "partial_k", "edge_normalization",
        "a_warmup_epochs", "a_parameterization", "temperature",
    }  # fmt: skip
    descriptive = {"space", "profile", "dataset", "alpha_batch", "seeds_reported"}
    for table in ("search", "search_nats", "common"):
        values, _ = protocol._follow(f"darts_v1.nb201.{table}")
        assert set(values) <= read | of_another_method | descriptive
        assert values["order"] == values["partial_k"] == 1
        assert values["edge_normalization"] is False
        assert values["a_warmup_epochs"] == 0
        assert values["a_parameterization"] == "softmax_over_ops"
        assert values["temperature"] == 1.0


@pytest.mark.data
def test_half_of_the_indices_is_another_split(search_home):
    found = built(data_split="half_index")
    assert found._batches["search_train"]._indices.tolist() == list(range(25_000))
    assert found._batches["search_valid"]._indices.tolist() == list(range(25_000, 50_000))


@pytest.mark.data
def test_what_does_not_fit_is_found_before_the_run(search_home):
    with pytest.raises(UserError, match="A batch of 30000 does not fit the 25000 images"):
        trials_of(batch_size="30000")
    with pytest.raises(UserError, match="epochs=0|epochs must be at least 1"):
        trials_of(epochs="0")
    with pytest.raises(UserError, match="weight_optimizer=adam does not fit"):
        trials_of(weight_optimizer="adam")
    for name, value in [
        *[("weight_decay", "nan"), ("weight_lr_min", "-1"), ("weight_momentum", "2")],
        *[("alpha_beta1", "1.5"), ("alpha_init_scale", "inf"), ("label_smoothing", "2")],
    ]:
        with pytest.raises(UserError, match=f"darts-1st: .*{name}.* must be"):
            trials_of(**{name: value})
    with pytest.raises(UserError, match="cifar100 is not in"):
        trials_of(dataset="cifar100", data_split="half_index")


def test_without_images_a_plan_says_where_to_get_them(data_home):
    with pytest.raises(UserError, match="Get it with `python -m harness data fetch cifar10`"):
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
def ending(search_home, monkeypatch):
    monkeypatch.setitem(
        METHODS._parts, "darts-1st", "tests.harness.trials.test_gradient_search:Ending"
    )
    (trial,) = trials_of(**TINY)

    def run(how):
        monkeypatch.setenv("ENDING", how)
        return search.run(trial, search.Nowhere())

    return run


@pytest.mark.data
@pytest.mark.parametrize(
    ("how", "state", "reason"),
    [
        ("diverged", "diverged", "The loss or alpha stopped being a number in epoch 3."),
        ("card full", "oom", "Out of memory: 2.50 GiB more were asked for. Use a smaller"),
        ("library full", "oom", "Out of memory."),
        ("host full", "oom", "Out of memory: 123456 bytes more were asked for."),
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


COMPARED = [
    *["seed", "dataset", "state", "collapsed", "architecture", "test_accuracy", "key", "device"],
]
MEASURED = ["architecture", "search_train_loss", "search_valid_loss", "entropy", "test_accuracy"]


def command(out, *more, seeds="2"):
    settings = [text for pair in TINY.items() for text in ("--set", "=".join(pair))]
    return [
        *[sys.executable, "-m", "harness", "run", "--methods", "darts-1st", "--seeds", seeds],
        *[
            "--datasets",
            "cifar10",
            "--protocol",
            "common",
            "--no-report",
            "--out",
            str(out),
            *settings,
            *more,
        ],
    ]


def outcome(out) -> tuple[Any, list[Any]]:
    store = Store.open(out)
    events = [
        (event.architecture, dict(event.measured) | dict(event.test_accuracy), event.arrays)
        for record in store.records()
        for event in store.events(record.key)
    ]
    for _, measured, _ in events:
        del measured["epoch_seconds"], measured["peak_memory_mib"]
    return harness.results(out)[COMPARED], events


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
    history: Any = frames.history(store, store.records())
    assert len(history) == 3 * 3
    assert history["epoch"].unique().tolist() == [1, 2, 3]
    counts = [name for name in history if name.startswith("count_")]
    assert (history[counts].sum(axis=1) == 6).all()
    last = history[history["epoch"] == 3].set_index("dataset")["test_accuracy"]
    assert last.to_dict() == found.set_index("dataset")["test_accuracy"].to_dict()
    assert history[MEASURED].notna().all().all()
