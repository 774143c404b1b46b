"""A search shortened to seconds, in float64: processors agree on the derived architecture."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from benchmarks.spaces import SPACES
from benchmarks.spaces.space import SearchSpace
from harness.trials.notebook import BlankNotebook
from harness.trials.record import Array, Event
from harness.trials.search import rehearse, run_search
from harness.trials.trial import SearchTrial
from methods import METHODS, version_of
from methods.method import Method, settings_class

SEEDS = (0, 1)
"""Seeds of every method's short searches."""

_AT_MOST = {
    "epochs": 10,
    "steps_per_epoch": 4,
    "batch_size": 16,
    "draws": 10,
    "draw_batch_size": 50,
}
_CHANNELS = 8
_ALPHA_LR = 0.03  # takes alpha as far in 40 steps as in a whole search, so that ASAP prunes


@dataclass(frozen=True)
class Derivation:
    """The end of a short search."""

    architecture: str | None
    """None if the search failed."""
    reason: str | None = None
    """Why it failed."""
    arrays: Mapping[str, Array] = field(default_factory=dict)
    """Final alpha and similar arrays, by name."""


def shorten(trial: SearchTrial, seed: int, threads: int = 1) -> SearchTrial:
    """Return the trial with another seed, fewer and smaller steps, in float64 on a CPU."""
    method = METHODS[trial.method]
    arithmetic: Mapping[str, Any] = {"device": "none"}
    if method.uses_device:
        arithmetic = {"device": "cpu", "precision": "float64", "threads": threads}
    return replace(
        trial,
        method_version=version_of(method),
        seed=seed,
        settings=_shorten_settings(method, SPACES[trial.space], trial.settings),
        arithmetic=arithmetic,
    )


def run_short_search(trial: SearchTrial) -> Derivation:
    """Run a shortened trial without writing to disk.

    Raises:
        UserError: its table or images are missing.
    """
    rehearse(trial)  # within a search, missing images would count as the method's failure
    events = _LastEvent()
    record = run_search(trial, events)
    arrays = events.event.arrays if events.event else {}
    architecture = record.result.architecture if record.result else None
    return Derivation(architecture, record.reason, arrays)


def alpha_spread(derivations: Sequence[Derivation]) -> float:
    """Return the largest difference of any number in the arrays from the first derivation's.

    Infinite if shapes differ.
    """
    first, *others = (_numbers(each) for each in derivations)
    if any(other.shape != first.shape for other in others):
        return float("inf")
    return max((float(np.abs(other - first).max(initial=0.0)) for other in others), default=0.0)


def closest_margin(derivation: Derivation) -> float | None:
    """Return alpha's lead of the best operation over the second best, on the closest edge.

    None if the method has no alpha of shape (edges, operations).
    """
    arrays = derivation.arrays.items()
    alphas = [np.sort(each) for name, each in arrays if name.startswith("alpha/")]
    return min(
        (float((each[:, -1] - each[:, -2]).min()) for each in alphas if each.ndim == 2),
        default=None,
    )


class _LastEvent(BlankNotebook):
    event: Event | None = None

    def note(self, event: Event) -> None:
        self.event = event


def _numbers(derivation: Derivation) -> np.ndarray:
    arrays = [np.ravel(derivation.arrays[name]) for name in sorted(derivation.arrays)]
    return np.concatenate(arrays) if arrays else np.empty(0)


def _shorten_settings(
    method: type[Method], space: SearchSpace, settings: Mapping[str, Any]
) -> dict[str, Any]:
    kind = settings_class(method, space)
    most = {**_AT_MOST, **(space.SupernetSettings.short(_CHANNELS) if space.supernet else {})}
    # Unset steps stand for a whole pass over the images.
    shortened = {
        name: min(settings[name] or limit, limit)
        for name, limit in most.items()
        if name in settings
    }
    if "alpha_lr" in settings:
        shortened["alpha_lr"] = _ALPHA_LR
    try:
        kind(**{**settings, **shortened})
    except ValueError:  # such as channels that partial channels cannot divide
        shortened.pop("channels", None)
    return {**settings, **shortened}
