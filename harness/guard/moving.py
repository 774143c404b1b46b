"""Moving a baseline: recording some layers of some methods anew, for a reason."""

from collections.abc import Iterable, Mapping, Sequence
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
    nobody,
    note,
    of_records,
    with_short_searches,
)
from methods import METHODS, version_of


def move(
    folder: Path,
    file: Path,
    reason: str,
    *,
    layers: Sequence[Layer] = LAYERS,
    methods: list[str] | None = None,
    environments: Sequence[Elsewhere] | None = None,
    plugins: Sequence[Path] = (),
    tell: Tell = nobody,
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
        UserError: there is no reason, or the folder lacks results.
    """
    if not reason.strip():
        raise UserError("A baseline moves for a reason: give one with --reason TEXT.")
    environments = elsewhere.environments() if environments is None else environments
    before = baselines.read(file)
    chosen = before.of(methods)
    _check_environment(before, chosen, layers)
    found: Mapping[str, runs.SeededRecords] = {}
    if set(layers) != {"bits"}:
        found = runs.fresh(folder, before, chosen)
        if "statistics" in layers:
            runs.require(found, chosen, before.seeds, folder, before)
        else:
            runs.require(found, chosen, before.first_look[:1], folder, before)
        _check_table(before, chosen, layers, found, folder)
    moved = {name: _moved(chosen[name], name, found, before.seeds, layers) for name in chosen}
    made = replace(
        before,
        methods={**before.methods, **moved},
        moves=(*before.moves, note(reason.strip(), layers, moved)),
    )
    if "structure" in layers:
        trials = {name: next(iter(found[name].values())).trial for name in chosen}
        again = with_short_searches(moved, trials, environments, plugins, tell)
        made = replace(
            made,
            methods={**made.methods, **again},
            environments_tried=("here", *(each.name for each in environments)),
        )
    if "bits" in layers:
        made = replace(made, environment=environment.here())
    if "statistics" in layers:
        any_record = found[next(iter(chosen))][before.seeds[0]]
        trial = any_record.trial
        made = replace(
            made,
            packages=any_record.environment,
            space_version=trial.space_version,
            truth=trial.truth,
            truth_version=trial.truth_version,
            truth_sha256=trial.truth_sha256,
        )
    baselines.write(file, made)
    return made


def _check_environment(before: Baseline, chosen: Iterable[str], layers: Sequence[Layer]) -> None:
    """The file names one environment for all bits.

    Raises:
        UserError: a part would move to another one and leave the rest behind.
    """
    other = environment.difference(before.environment, environment.here())
    if other and "bits" in layers and set(chosen) != set(before.methods):
        raise UserError(
            f"The bits of some methods cannot move alone to another environment ({other}); move "
            "those of all methods together."
        )


def _check_table(
    before: Baseline,
    chosen: Mapping[str, MethodBaseline],
    layers: Sequence[Layer],
    found: Mapping[str, runs.SeededRecords],
    folder: Path,
) -> None:
    """The file names one table for all accuracies, which are those of the settings beside them.

    Raises:
        UserError: a part would move to another table, or settings would without their accuracies.
    """
    for name, recorded in chosen.items():
        trials = [record.trial for record in found[name].values()]
        if len({trial.truth_sha256 for trial in trials}) > 1:
            raise UserError(f"{folder} holds {name} with more than one table; keep one of them.")
        is_whole = "statistics" in layers and set(chosen) == set(before.methods)
        if trials[0].truth_sha256 != before.truth_sha256 and not is_whole:
            raise UserError(
                "The results are of another table than the baseline; move statistics of all "
                "methods together."
            )
        if dict(trials[0].settings) != dict(recorded.settings) and "statistics" not in layers:
            raise UserError(
                f"{name} has another protocol than its recorded accuracies; move statistics too."
            )


def _moved(
    before: MethodBaseline,
    name: str,
    found: Mapping[str, runs.SeededRecords],
    seeds: Iterable[int],
    layers: Sequence[Layer],
) -> MethodBaseline:
    """A method's baseline with some layers recorded anew, the shortened searches left out."""
    made = replace(before, version=version_of(METHODS[name]))
    if "bits" in layers:
        made = replace(made, ten_steps=tuple(ten_steps.steps(METHODS[name])))
    if "structure" in layers:
        trial = next(iter(found[name].values())).trial
        made = replace(made, settings=dict(trial.settings))
    if "statistics" in layers:
        records = [found[name][seed] for seed in seeds]
        check_done(name, records)
        of_seeds = of_records(records, ())
        made = replace(
            made,
            settings=of_seeds.settings,
            arithmetic=of_seeds.arithmetic,
            searches=of_seeds.searches,
        )
    return made
