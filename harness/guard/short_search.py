"""A search cut down to seconds, in float64: what it derives is the same on other processors."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from harness.trials import search
from harness.trials.record import Event
from harness.trials.trial import SearchTrial
from methods import METHODS, version_of

SEEDS = (0, 1)
"""With which every method is searched."""

_AT_MOST = {
    "epochs": 10,
    "steps_per_epoch": 4,
    "batch_size": 16,
    "channels": 8,
    "cells_per_stage": 1,
    "draws": 10,
    "draw_batch_size": 50,
}
_ALPHA_LR = 0.03  # so that in 40 steps alpha gets as far as in a search, and ASAP prunes


@dataclass(frozen=True)
class Derived:
    """What a shortened search ended in."""

    architecture: str | None
    """None where it came to no end."""
    reason: str | None = None
    """Why it did not."""
    arrays: Mapping[str, list[Any]] = field(default_factory=dict)
    """Alpha and its like at the end, by name."""


def of(trial: SearchTrial, seed: int, threads: int = 1) -> SearchTrial:
    """A trial shortened: another seed, fewer and smaller steps, float64 on a CPU."""
    method = METHODS[trial.method]
    arithmetic: Mapping[str, Any] = {"device": "none"}
    if method.uses_device:
        arithmetic = {"device": "cpu", "precision": "float64", "threads": threads}
    return replace(
        trial,
        method_version=version_of(method),
        seed=seed,
        settings=_shortened(method.Settings, trial.settings),
        arithmetic=arithmetic,
    )


def run(trial: SearchTrial) -> Derived:
    """Run it, leaving nothing on disk.

    Raises:
        UserError: its table or its images are not here.
    """
    search.rehearse(trial)  # within a search, missing images would be the method's failure
    notes = _LastEvent()
    record = search.run(trial, notes)
    arrays = notes.event.arrays if notes.event else {}
    return Derived(record.architecture, record.reason, arrays)


def spread(found: list[Derived]) -> float:
    """The largest difference of any number of the others from the first's; infinite where shapes
    differ."""
    first, *others = (_numbers(each) for each in found)
    if any(other.shape != first.shape for other in others):
        return float("inf")
    return max((float(np.abs(other - first).max(initial=0.0)) for other in others), default=0.0)


def margin(derived: Derived) -> float | None:
    """By how much alpha's best operation leads the second best, on the closest edge.

    None where the method has no alpha of shape (edges, operations).
    """
    alphas = [np.sort(each) for name, each in derived.arrays.items() if name.startswith("alpha/")]
    return min(
        (float((each[:, -1] - each[:, -2]).min()) for each in alphas if each.ndim == 2),
        default=None,
    )


class _LastEvent(search.Nowhere):
    event: Event | None = None

    def note(self, event: Event) -> None:
        self.event = event


def _numbers(derived: Derived) -> np.ndarray:
    arrays = [np.ravel(derived.arrays[name]) for name in sorted(derived.arrays)]
    return np.concatenate(arrays) if arrays else np.empty(0)


def _shortened(kind: type, settings: Mapping[str, Any]) -> dict[str, Any]:
    """The settings with what makes a search long cut down, as far as the method has it."""
    # No number of steps stands for a whole pass over the images.
    cut = {
        name: min(settings[name] or most, most)
        for name, most in _AT_MOST.items()
        if name in settings
    }
    if "alpha_lr" in settings:
        cut["alpha_lr"] = _ALPHA_LR
    try:
        kind(**{**settings, **cut})
    except ValueError:  # such as channels that partial channels cannot divide
        cut.pop("channels", None)
    return {**settings, **cut}
