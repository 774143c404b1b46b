"""Learning rates in closed form: a function of the epoch, never read back from a scheduler.

The reference code's schedulers, run on a newer torch, are shifted by an epoch (docs/protocols.md,
section 1.2); the formula is what they were meant to be.
"""

import math


def cosine_epoch(epoch: int, epochs: int, start: float, end: float) -> float:
    """From `start` at epoch 0 towards `end` at `epochs`, constant within an epoch.

    0.025 to 0.001 over 50 epochs is 1.0237e-3 in the last one, as in the log of quark0/darts,
    issue 12.
    """
    return end + (start - end) * (1 + math.cos(math.pi * epoch / epochs)) / 2
