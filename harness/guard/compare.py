"""Comparing fresh results with a baseline, layer by layer."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from benchmarks.errors import UserError, unknown
from harness.guard.baselines.file import read_baseline
from harness.guard.baselines.results import SeededSearches, check_seeds, fresh_results
from harness.guard.finding import LAYERS, Finding, Layer
from harness.guard.layers.bits import judge_bits
from harness.guard.layers.statistics import judge_statistics
from harness.guard.layers.structure import judge_structure
from harness.guard.second_look import run_second_look
from harness.planning.request import parse_names
from harness.storage.evaluated import EvaluatedSearch
from methods import METHODS


def compare_with_baseline(
    folder: Path,
    file: Path,
    *,
    layers: Sequence[Layer] = LAYERS,
    methods: Sequence[str] | None = None,
    plugins: Sequence[Path] = (),
    jobs: int | None = None,
    command: str = "harness.guard(...)",
) -> Iterator[Finding]:
    """Compare a folder of results with a baseline; yields a finding per layer and method.

    The bits layer needs no results. If the first look at a method sees a change, the seeds of the
    second look are run into the folder, unless they are already there.

    Args:
        folder: results with the first look's seeds.
        file: the baseline.
        layers: layers to compare.
        methods: methods to compare; by default all of the baseline.
        plugins: files that register methods.
        jobs: worker processes of a second look; by default one per processor.
        command: origin that the records of a second look name.

    Raises:
        UserError: the baseline, results, table or images are missing.
    """
    baseline = read_baseline(file)
    chosen = baseline.select(methods)
    missing = [name for name in chosen if name not in METHODS]
    if missing:
        raise UserError(
            f"Unknown methods in the baseline: {', '.join(missing)}. Restore them, load their "
            "files with --plugin, or record a baseline without them."
        )
    fresh: Mapping[str, SeededSearches] = {}
    if set(layers) != {"bits"}:
        fresh = fresh_results(folder, baseline, chosen)
        seeds = baseline.first_look if "statistics" in layers else baseline.first_look[:1]
        check_seeds(fresh, chosen, seeds, folder, baseline)

    def second_look(first_look: Mapping[str, EvaluatedSearch]) -> Mapping[str, SeededSearches]:
        if not first_look:
            return {}
        return run_second_look(
            folder, baseline, first_look, plugins=plugins, jobs=jobs, command=command
        )

    def judge() -> Iterator[Finding]:  # lazy, while the checks above are not
        if "bits" in layers:
            yield from judge_bits(chosen, baseline.environment)
        if "structure" in layers:
            one_each = {name: fresh[name][baseline.first_look[0]] for name in chosen}
            yield from judge_structure(baseline, chosen, one_each)
        if "statistics" in layers:
            yield from judge_statistics(baseline, chosen, fresh, second_look)

    return judge()


def parse_layers(text: str) -> list[Layer]:
    """Parse comma-separated names of layers, into the order cheapest first.

    Raises:
        UserError: a name is unknown, or none is given.
    """
    names = parse_names(text)
    for name in names:
        if name not in LAYERS:
            raise unknown("layer", name, LAYERS)
    if not names:
        raise UserError(f"No layers given. Choose from: {', '.join(LAYERS)}.")
    return [layer for layer in LAYERS if layer in names]


def summarize(findings: Iterable[Finding]) -> str:
    """Return red or green, and the findings that need attention, in a sentence."""
    by_state: dict[str, list[str]] = {}
    for each in findings:
        by_state.setdefault(each.state, []).append(f"{each.layer} of {each.method}")
    listed = {state: f"{', '.join(where)} {state}" for state, where in by_state.items()}
    warnings = [listed[state] for state in ("unexplained", "not judged") if state in listed]
    if "moved" in listed:
        return f"Red: {'; '.join([listed['moved'], *warnings])}."
    return f"Green: {'; '.join(['nothing moved', *warnings])}."
