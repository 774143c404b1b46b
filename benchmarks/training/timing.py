"""The cost of a training on one otherwise idle processor, extrapolated from a few steps."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, count

import torch

from benchmarks.training.protocol import TrainingProtocol
from benchmarks.training.training import Examples, Training

_STEPS = 4
"""Steps that are timed. The fastest one counts, since other processes only add time."""


@dataclass(frozen=True)
class Cost:
    """CPU seconds of one network that is trained alone, not stacked with other seeds."""

    epoch: float
    """One epoch of training."""
    validation: float
    """One pass over the validation images."""


def measure_cost(
    build: Callable[[torch.Generator], torch.nn.Module],
    protocol: TrainingProtocol,
    train: Examples,
    valid: Examples,
    *,
    noise: float = 0.0,
    stacks: bool = True,
) -> Cost:
    """Time a few training steps and a validation pass; for the arguments see `training.train`."""
    training = Training(build, protocol, train, [0], noise=noise, stacks=stacks)
    # An epoch of a small dataset has fewer steps than are timed.
    steps = chain.from_iterable(training.epoch() for _ in count())
    next(steps)  # the first step allocates memory
    step = min(_seconds(lambda: next(steps)) for _ in range(_STEPS))
    training.count_correct(valid)
    validation = min(_seconds(lambda: training.count_correct(valid)) for _ in range(2))
    return Cost(step * training.steps_per_epoch, validation)


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
