"""Recording short searches, and deciding which are portable enough to be compared."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.errors import UserError
from harness.guard.baselines.baseline import MethodBaseline, ShortSearch
from harness.guard.environments.emulate import EmulatedEnvironment, emulate_short_searches
from harness.guard.probes.short_search import (
    SEEDS,
    Derivation,
    alpha_spread,
    closest_margin,
    run_short_search,
    shorten,
)
from harness.trials.trial import SearchTrial
from methods import METHODS

_SAFETY_FACTOR = 100
"""Least ratio of the closest decision to alpha's spread between environments: below it, they may
agree by chance, and the next processor may not."""

OnProgress = Callable[[str], None]
"""Called with a line of text before each lengthy step."""


def record_short_searches(
    methods: Mapping[str, MethodBaseline],
    trials: Mapping[str, SearchTrial],
    environments: Sequence[EmulatedEnvironment],
    plugins: Sequence[Path],
    on_progress: OnProgress,
) -> dict[str, MethodBaseline]:
    """Return the methods with the short searches of their trials, tried in all environments."""
    searches = [(trials[name], seed) for name in methods for seed in SEEDS]
    on_progress(f"{len(searches)} short searches with this processor's own kernels")
    derivations = [[run_short_search(shorten(trial, seed))] for trial, seed in searches]
    # A method that computes nothing in floating point gives the same in every environment.
    computing = [
        place for place, (trial, _) in enumerate(searches) if METHODS[trial.method].uses_device
    ]
    for environment in environments if computing else ():
        on_progress(f"{len(computing)} short searches in the environment '{environment.name}'")
        emulated = emulate_short_searches(
            environment, [searches[place] for place in computing], plugins
        )
        for place, derivation in zip(computing, emulated, strict=True):
            derivations[place].append(derivation)
    by_method: dict[str, list[ShortSearch]] = {name: [] for name in methods}
    for (trial, seed), of_search in zip(searches, derivations, strict=True):
        if of_search[0].architecture is None:
            raise UserError(
                f"The short search of {trial.method} with seed {seed} failed: {of_search[0].reason}"
            )
        by_method[trial.method].append(short_search(seed, of_search))
    return {
        name: replace(method, short_searches=tuple(by_method[name]))
        for name, method in methods.items()
    }


def short_search(seed: int, derivations: Sequence[Derivation]) -> ShortSearch:
    """Summarize a short search from its derivations in all environments, this one's first."""
    spread, margin = alpha_spread(derivations), closest_margin(derivations[0])
    is_same = len({each.architecture for each in derivations}) == 1
    is_safe = margin is None or margin >= _SAFETY_FACTOR * spread
    return ShortSearch(
        seed,
        architecture=derivations[0].architecture if is_same and is_safe else None,
        spread=min(spread, 1e300),  # JSON has no infinity
        margin=margin,
    )
