"""Updating a baseline: recording some layers of some methods again, for a stated reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.errors import UserError
from harness.guard.baselines.baseline import Baseline, MethodBaseline
from harness.guard.baselines.file import read_baseline, write_baseline
from harness.guard.baselines.record import history_entry, record_searches
from harness.guard.baselines.results import (
    SeededSearches,
    check_same_configuration,
    check_seeds,
    fresh_results,
    table_fields,
    table_sha256,
)
from harness.guard.baselines.short_searches import OnProgress, record_short_searches
from harness.guard.environments.emulate import EmulatedEnvironment, emulated_environments
from harness.guard.environments.environment import environment_difference, this_environment
from harness.guard.finding import LAYERS, Layer
from harness.guard.probes.ten_steps import measure_ten_steps
from methods import METHODS, version_of

Results = Mapping[str, SeededSearches]
"""Results that values and settings are recorded from, by method."""


def update_baseline(
    folder: Path,
    file: Path,
    reason: str,
    *,
    layers: Sequence[Layer] = LAYERS,
    methods: Sequence[str] | None = None,
    environments: Sequence[EmulatedEnvironment] | None = None,
    plugins: Sequence[Path] = (),
    on_progress: OnProgress = lambda _: None,
) -> Baseline:
    """Record some layers of some methods of a baseline again, and add the reason to its history.

    Args:
        folder: results with the baseline's own seeds, if values are recorded.
        file: the baseline.
        reason: why it changes, for readers of the file.
        layers: layers to record.
        methods: methods to record; by default all.
        environments: where the short searches are tried besides this one; by default all that this
            machine can emulate.
        plugins: files that register methods.
        on_progress: called with a line of text before each lengthy step.

    Raises:
        UserError: the reason is empty, results are missing, or the updated part would contradict
            the rest.
    """
    if not reason.strip():
        raise UserError("An update of a baseline needs a reason: give one with --reason TEXT.")
    environments = emulated_environments() if environments is None else environments
    updated = before = read_baseline(file)
    chosen = before.select(methods)
    is_partial = set(chosen) != set(before.methods)
    results: Results = {}
    if set(layers) != {"bits"}:
        results = fresh_results(folder, before, chosen)
        seeds = before.seeds if "statistics" in layers else before.first_look[:1]
        check_seeds(results, chosen, seeds, folder, before)
        _check_settings(chosen, results, layers, folder)
        _check_table(before, results, layers, is_partial)
    if "bits" in layers:
        updated = _update_bits(updated, chosen, is_partial)
    if "structure" in layers:
        tried = ("here", *(each.name for each in environments))
        _check_environments(before, tried, is_partial)
        trials = {name: next(iter(results[name].values())).trial for name in chosen}
        recorded = record_short_searches(
            updated.select(list(chosen)), trials, environments, plugins, on_progress
        )
        updated = replace(
            updated, methods={**updated.methods, **recorded}, environments_tried=tried
        )
    if "statistics" in layers:
        updated = _update_statistics(updated, chosen, results, is_partial)
    updated = _update_methods(
        updated, chosen, lambda name, each: replace(each, version=version_of(METHODS[name]))
    )
    entry = history_entry(reason.strip(), layers, chosen)
    updated = replace(updated, history=(*updated.history, entry))
    write_baseline(file, updated)
    return updated


def _update_bits(
    before: Baseline, chosen: Mapping[str, MethodBaseline], is_partial: bool
) -> Baseline:
    """Record ten steps; the file has one environment for all methods."""
    here = this_environment()
    difference = environment_difference(before.environment, here)
    if difference and is_partial:
        raise UserError(
            f"The bits of some methods cannot be updated in another environment ({difference}); "
            "update those of all methods together."
        )
    updated = _update_methods(
        before,
        chosen,
        lambda name, each: replace(each, ten_steps=tuple(measure_ten_steps(METHODS[name]))),
    )
    return replace(updated, environment=here)


def _update_statistics(
    before: Baseline, chosen: Mapping[str, MethodBaseline], results: Results, is_partial: bool
) -> Baseline:
    """Record values and settings; fields shared by all methods change only with all of them."""

    def record(name: str, each: MethodBaseline) -> MethodBaseline:
        searches = [results[name][seed] for seed in before.seeds]
        trial = searches[0].trial
        return replace(
            each,
            settings=dict(trial.settings),
            arithmetic=dict(trial.arithmetic),
            searches=record_searches(name, searches),
        )

    updated = _update_methods(before, chosen, record)
    if is_partial:
        return updated
    any_search = results[next(iter(chosen))][before.seeds[0]]
    return replace(
        updated,
        packages=any_search.record.environment,
        space_version=any_search.trial.space_version,
        **table_fields(any_search),
    )


def _check_settings(
    chosen: Mapping[str, MethodBaseline], results: Results, layers: Sequence[Layer], folder: Path
) -> None:
    """Keep one protocol for a method's values and its short searches."""
    for name, recorded in chosen.items():
        check_same_configuration(folder, name, results[name])
        now = next(iter(results[name].values())).trial.settings
        if dict(now) != dict(recorded.settings) and not {"structure", "statistics"} <= set(layers):
            raise UserError(
                f"The settings of {name} differ from the baseline's; update structure and "
                "statistics together."
            )


def _check_environments(before: Baseline, tried: tuple[str, ...], is_partial: bool) -> None:
    """Keep one list of environments for all short searches."""
    if is_partial and tried != before.environments_tried:
        raise UserError(
            "The baseline's short searches were tried in the environments "
            f"{', '.join(before.environments_tried)}, and this update would use "
            f"{', '.join(tried)}; update the structure of all methods together."
        )


def _check_table(
    before: Baseline, results: Results, layers: Sequence[Layer], is_partial: bool
) -> None:
    """Keep one space and one table for all values."""
    recorded = before.space_version, before.table_sha256
    is_other = any(
        (search.trial.space_version, table_sha256(search)) != recorded
        for by_seed in results.values()
        for search in by_seed.values()
    )
    if is_other and (is_partial or "statistics" not in layers):
        raise UserError(
            "The results use another table or space version than the baseline; update the "
            "statistics of all methods together."
        )


def _update_methods(
    before: Baseline,
    names: Mapping[str, MethodBaseline],
    change: Callable[[str, MethodBaseline], MethodBaseline],
) -> Baseline:
    changed = {name: change(name, before.methods[name]) for name in names}
    return replace(before, methods={**before.methods, **changed})
