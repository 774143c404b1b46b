"""What a training costs one processor that does nothing else, from a few of its steps."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import chain, count

import torch

from benchmarks.training.protocol import TrainingProtocol
from benchmarks.training.training import Examples, Training

_STEPS = 4
"""That are timed. The quickest counts: whatever else runs only ever adds."""


@dataclass(frozen=True)
class Cost:
    """CPU seconds of one network, computed alone and not beside copies of other seeds."""

    epoch: float
    """Of training for an epoch."""
    validation: float
    """Of one pass over the validation images."""


def cost(
    build: Callable[[torch.Generator], torch.nn.Module],
    protocol: TrainingProtocol,
    train: Examples,
    valid: Examples,
    *,
    noise: float = 0.0,
) -> Cost:
    """Time some steps of a training and a validation; arguments as for `training.train`."""
    training = Training(build, protocol, train, [0], noise=noise)
    # An epoch of few images has fewer steps than are timed.
    steps = chain.from_iterable(training.epoch() for _ in count())
    next(steps)  # the first one allocates
    step = min(_seconds(lambda: next(steps)) for _ in range(_STEPS))
    training.right(valid)
    validation = min(_seconds(lambda: training.right(valid)) for _ in range(2))
    return Cost(step * training.steps_per_epoch, validation)


def _seconds(work: Callable[[], object]) -> float:
    started = time.process_time()
    work()
    return time.process_time() - started
