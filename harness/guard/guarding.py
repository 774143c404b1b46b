"""The guard: fresh results in a folder against a baseline, layer by layer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from benchmarks.errors import UserError, unknown
from harness.guard import accuracies, baseline, bits, runs, structure
from harness.guard.baseline import Baseline
from harness.guard.finding import LAYERS, Finding, Layer
from harness.guard.runs import SeededRecords
from harness.planning.plan import Plan, parse_names
from harness.storage.store import Store
from harness.trials import device
from harness.trials.record import Record
from methods import METHODS


def parse_layers(text: str) -> list[Layer]:
    """Layers from their names, comma-separated, cheapest first.

    Raises:
        UserError: a name is none, or there is none.
    """
    names = parse_names(text)
    for name in names:
        if name not in LAYERS:
            raise unknown("layer", name, LAYERS)
    if not names:
        raise UserError(f"No layer is named. Give some of: {', '.join(LAYERS)}.")
    return [layer for layer in LAYERS if layer in names]


def guard(
    folder: Path,
    file: Path,
    *,
    layers: Sequence[Layer] = LAYERS,
    methods: list[str] | None = None,
    plugins: Sequence[Path] = (),
    jobs: int | None = None,
    command: str = "harness.guard(...)",
) -> Iterator[Finding]:
    """Compare a folder of results with a baseline; one finding per layer and method, as they come.

    The layer of bits needs no results. A method that the first look sees move has its second look's
    seeds run into the folder, unless they are there.

    Args:
        folder: results of the first look's seeds.
        file: the baseline.
        layers: those that judge.
        methods: that are judged; all of the baseline where None.
        plugins: files that register methods.
        jobs: worker processes of a second look; by default one per processor.
        command: what a second look's records name as their origin.

    Raises:
        UserError: the baseline or results of it are missing, or the table or images are.
    """
    recorded = baseline.read(file)
    chosen = recorded.of(methods)
    gone = [name for name in chosen if name not in METHODS]
    if gone:
        raise UserError(
            f"{', '.join(gone)} of the baseline is no method here: take it back, name its file "
            "with --plugin, or record a baseline without it."
        )
    fresh: Mapping[str, SeededRecords] = {}
    if set(layers) != {"bits"}:
        fresh = runs.fresh(folder, recorded, chosen)
        wanted = recorded.first_look if "statistics" in layers else recorded.first_look[:1]
        runs.require(fresh, chosen, wanted, folder, recorded)

    def second_look(moved: Mapping[str, Record]) -> Mapping[str, SeededRecords]:
        if not moved:
            return {}
        return _second_look(folder, recorded, moved, plugins, jobs, command)

    def judge() -> Iterator[Finding]:  # what is missing was told before it starts
        if "bits" in layers:
            yield from bits.judge(chosen, recorded.environment)
        if "structure" in layers:
            one = {name: fresh[name][recorded.first_look[0]] for name in chosen}
            yield from structure.judge(recorded, chosen, one)
        if "statistics" in layers:
            yield from accuracies.judge(recorded, chosen, fresh, second_look)

    return judge()


def summary(findings: Iterable[Finding]) -> str:
    """Red or green, and where somebody has to look, in a sentence."""
    by_state: dict[str, list[str]] = {}
    for each in findings:
        by_state.setdefault(each.state, []).append(f"{each.layer} of {each.method}")
    told = {state: f"{', '.join(where)} {state}" for state, where in by_state.items()}
    open_ends = [told[state] for state in ("unexplained", "not judged") if state in told]
    if "moved" in told:
        return f"Red: {'; '.join([told['moved'], *open_ends])}."
    return f"Green: {'; '.join(['nothing moved', *open_ends])}."


def _second_look(
    folder: Path,
    recorded: Baseline,
    moved: Mapping[str, Record],
    plugins: Sequence[Path],
    jobs: int | None,
    command: str,
) -> dict[str, dict[int, Record]]:
    """The records of the second look's seeds, run with exactly the settings of the first look's."""
    from rich.console import Console

    from harness.execution import run_plan
    from harness.execution.batch import Context
    from harness.execution.local import checked_jobs
    from harness.terminal.progress import Progress
    from harness.trials.version import commit

    trials = [
        replace(record.trial, seed=seed)
        for record in moved.values()
        for seed in recorded.second_look
    ]
    kinds = {trial.arithmetic["device"] for trial in trials}
    kind = "cuda" if "cuda" in kinds else "cpu"
    device.check(kind)
    devices = device.names(kind)
    context = Context(
        Store.open(folder.expanduser()).folder,
        command,
        commit(),
        devices=tuple(devices),
        plugins=tuple(path.expanduser().resolve() for path in plugins),
    )
    plan = Plan(trials, [])
    with Progress(plan, Console(stderr=True)) as progress:
        records = run_plan.run(
            plan, context, jobs=checked_jobs(jobs, devices), progress=progress, watch=progress.watch
        )
    found: dict[str, dict[int, Record]] = {}
    for record in records:
        found.setdefault(record.trial.method, {})[record.trial.seed] = record
    return found
