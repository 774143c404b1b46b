"""Moving a baseline: recording some layers of some methods anew, for a reason."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.errors import UserError
from harness.guard import baseline as baselines
from harness.guard import elsewhere, environment, runs, ten_steps
from harness.guard.baseline import Baseline, MethodBaseline
from harness.guard.elsewhere import Elsewhere
from harness.guard.finding import LAYERS, Layer
from harness.guard.recording import (
    Tell,
    check_done,
    note,
    recorded_search,
    silent,
    with_short_searches,
)
from methods import METHODS, version_of

Found = Mapping[str, runs.SeededRecords]
"""The results that accuracies and settings are recorded from, by method."""


def move(
    folder: Path,
    file: Path,
    reason: str,
    *,
    layers: Sequence[Layer] = LAYERS,
    methods: list[str] | None = None,
    environments: Sequence[Elsewhere] | None = None,
    plugins: Sequence[Path] = (),
    tell: Tell = silent,
) -> Baseline:
    """Record some layers of some methods of a baseline anew, and write the reason into it.

    Args:
        folder: results of the baseline's own seeds where accuracies are recorded anew.
        file: the baseline.
        reason: why it moves, for whoever reads the file.
        layers: what is recorded anew.
        methods: of which methods; all where None.
        environments: in which the shortened searches are tried beside this one; by default all
            that this machine can be made to be.
        plugins: files that register methods.
        tell: takes what is being done, a line at a time.

    Raises:
        UserError: there is no reason, the folder lacks results, or what moves would contradict what
            stays.
    """
    if not reason.strip():
        raise UserError("A baseline moves for a reason: give one with --reason TEXT.")
    environments = elsewhere.environments() if environments is None else environments
    made = before = baselines.read(file)
    chosen = before.of(methods)
    is_part = set(chosen) != set(before.methods)
    found: Found = {}
    if set(layers) != {"bits"}:
        found = runs.fresh(folder, before, chosen)
        seeds = before.seeds if "statistics" in layers else before.first_look[:1]
        runs.require(found, chosen, seeds, folder, before)
        _check_settings(chosen, found, layers, folder)
        _check_table(before, found, layers, is_part)
    if "bits" in layers:
        made = _bits(made, chosen, is_part)
    if "structure" in layers:
        _check_environments(before, environments, is_part)
        trials = {name: next(iter(found[name].values())).trial for name in chosen}
        moved = with_short_searches(_of(made, chosen), trials, environments, plugins, tell)
        tried = ("here", *(each.name for each in environments))
        made = replace(made, methods={**made.methods, **moved}, environments_tried=tried)
    if "statistics" in layers:
        made = _statistics(made, chosen, found, is_part)
    versions = _each(made, chosen, lambda name, each: replace(each, version=_version(name)))
    made = replace(versions, moves=(*made.moves, note(reason.strip(), layers, chosen)))
    baselines.write(file, made)
    return made


def _bits(before: Baseline, chosen: Mapping[str, MethodBaseline], is_part: bool) -> Baseline:
    """The file names one environment for all bits."""
    here = environment.here()
    other = environment.difference(before.environment, here)
    if other and is_part:
        raise UserError(
            f"The bits of some methods cannot move alone to another environment ({other}); move "
            "those of all methods together."
        )
    made = _each(
        before,
        chosen,
        lambda name, each: replace(each, ten_steps=tuple(ten_steps.steps(METHODS[name]))),
    )
    return replace(made, environment=here)


def _statistics(
    before: Baseline, chosen: Mapping[str, MethodBaseline], found: Found, is_part: bool
) -> Baseline:
    """Accuracies with their settings; what the file says of all of them moves with all of them."""

    def recorded(name: str, each: MethodBaseline) -> MethodBaseline:
        records = [found[name][seed] for seed in before.seeds]
        check_done(name, records)
        trial = records[0].trial
        return replace(
            each,
            settings=dict(trial.settings),
            arithmetic=dict(trial.arithmetic),
            searches=tuple(recorded_search(record) for record in records),
        )

    made = _each(before, chosen, recorded)
    if is_part:
        return made
    any_record = found[next(iter(chosen))][before.seeds[0]]
    trial = any_record.trial
    return replace(
        made,
        packages=any_record.environment,
        space_version=trial.space_version,
        truth=trial.truth,
        truth_version=trial.truth_version,
        truth_sha256=trial.truth_sha256,
    )


def _check_settings(
    chosen: Mapping[str, MethodBaseline], found: Found, layers: Sequence[Layer], folder: Path
) -> None:
    """A method has one protocol, that of its accuracies and of its shortened searches."""
    for name, recorded in chosen.items():
        runs.check_alike(folder, name, found[name])
        now = next(iter(found[name].values())).trial.settings
        if dict(now) != dict(recorded.settings) and not {"structure", "statistics"} <= set(layers):
            raise UserError(
                f"{name} has another protocol than the recorded one; move structure and statistics "
                "together."
            )


def _check_environments(before: Baseline, tried: Sequence[Elsewhere], is_part: bool) -> None:
    """The file names the environments that all shortened searches were tried in."""
    names = ("here", *(each.name for each in tried))
    if is_part and names != before.environments_tried:
        raise UserError(
            f"The file's short searches were tried in {', '.join(before.environments_tried)}, and "
            f"here that is {', '.join(names)}; move the structure of all methods together."
        )


def _check_table(before: Baseline, found: Found, layers: Sequence[Layer], is_part: bool) -> None:
    """The file names one space and one table for all accuracies."""
    for by_seed in found.values():
        for record in by_seed.values():
            trial = record.trial
            is_other = (trial.space_version, trial.truth_sha256) != (
                before.space_version,
                before.truth_sha256,
            )
            if is_other and (is_part or "statistics" not in layers):
                raise UserError(
                    "The results are of another table, or another version of the space, than the "
                    "baseline; move the statistics of all methods together."
                )


def _each(
    before: Baseline,
    names: Mapping[str, MethodBaseline],
    change: Callable[[str, MethodBaseline], MethodBaseline],
) -> Baseline:
    moved = {name: change(name, before.methods[name]) for name in names}
    return replace(before, methods={**before.methods, **moved})


def _of(baseline: Baseline, names: Mapping[str, MethodBaseline]) -> dict[str, MethodBaseline]:
    return {name: baseline.methods[name] for name in names}


def _version(name: str) -> str:
    return version_of(METHODS[name])
