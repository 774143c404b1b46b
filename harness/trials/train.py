"""Run a training trial to its record."""

import time
from functools import cache, partial
from typing import TYPE_CHECKING, Any

from benchmarks.datasets import dataset
from benchmarks.datasets.image_file import images_of
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.training.protocol import TrainingProtocol, evaluations_per_image
from harness.trials import device as devices
from harness.trials.attempt import attempt, record_of
from harness.trials.record import CostResult, TrainRecord, TrainResult
from harness.trials.trial import TrainTrial

if TYPE_CHECKING:
    from benchmarks.training.training import Examples


def run_training(trial: TrainTrial) -> TrainRecord:
    """Run a trial to its record. A training that fails is a recorded result, not an exception.

    Raises:
        UserError: the images are not those of the plan.
    """
    device = trial.arithmetic["device"]
    prepared = devices.prepare(device, trial.arithmetic["threads"])
    splits = _splits(trial.dataset, trial.dataset_sha256, trial.noise)
    started = time.perf_counter()
    ended = attempt(lambda: _measure(trial, splits), device)
    consumed = {
        "peak_memory_mib": devices.peak_memory_mib(prepared),
        "device_name": devices.description(prepared),
    }
    return record_of(trial, ended, time.perf_counter() - started, consumed)


def _measure(trial: TrainTrial, splits: "dict[str, Examples]") -> TrainResult | CostResult:
    from benchmarks.training.timing import measure_cost
    from benchmarks.training.training import train

    protocol = TrainingProtocol(**trial.protocol)
    space = SPACES[trial.space]
    build: Any = partial(
        space.network,
        space.parse(trial.architecture),
        dataset(trial.dataset),
        **trial.network,
    )
    options: Any = {"noise": trial.noise, "stacks": space.networks_stack}
    if trial.measures == "cost":
        cost = measure_cost(build, protocol, splits["train"], splits["valid"], **options)
        return CostResult(cost.epoch, cost.validation)
    started = time.process_time()
    trained = train(build, protocol, **splits, seeds=trial.seeds, **options)
    seconds = (time.process_time() - started) / len(trial.seeds)
    return TrainResult(
        tuple(tuple(map(int, curve)) for curve in trained.valid),
        tuple(map(int, trained.test)),
        seconds,
    )


@cache
def _splits(name: str, sha256: str, noise: float) -> "dict[str, Examples]":
    """Read the images of a dataset by split; those to evaluate have fixed noise."""
    import torch

    from benchmarks.training.training import Examples, noisy_copies

    images = images_of(dataset(name))
    if images.sha256 != sha256:
        raise UserError(f"The images of {name} changed during the run; start the run again.")
    pixels = torch.from_numpy(images.normalised())
    labels = torch.from_numpy(images.labels)
    splits = {
        split: Examples(pixels[indices], labels[indices])
        for split, indices in images.splits.items()
    }
    for split in ("valid", "test"):
        copies = evaluations_per_image(split, noise)
        splits[split] = noisy_copies(splits[split], split, noise, copies)
    return splits
