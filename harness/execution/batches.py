"""Trials cut into batches for workers.

Trials of milliseconds share a message to a worker; a trial of hours is a batch of its own.
"""

import math
from collections.abc import Sequence

from harness.trials.trial import Trial

_BATCH_SECONDS = 1.0  # so that little is left over when a worker dies
_BATCHES_A_WORKER = 4  # so that workers end at about the same time


def make_batches(planned: Sequence[Trial], seconds: float, jobs: int) -> list[list[Trial]]:
    """Cut trials that take `seconds` in total into batches for `jobs` workers."""
    each = seconds / max(len(planned), 1)
    fitting = math.ceil(_BATCH_SECONDS / max(each, 1e-6))
    fair = math.ceil(len(planned) / (jobs * _BATCHES_A_WORKER))
    size = max(1, min(fitting, fair))
    return [list(planned[start : start + size]) for start in range(0, len(planned), size)]
