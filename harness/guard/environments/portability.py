"""How far searches are portable between processors, as a table: method x environment.

    python -c "from harness.guard.environments import portability as p; print(p.measure('digits'))"

Every method's ten steps, and its short search in float64 and in float32, are computed in each
emulated environment and compared with those computed with this processor's own kernels.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from harness.guard.environments.emulate import EmulatedEnvironment, call_in, emulated_environments
from harness.guard.probes.short_search import (
    Derivation,
    alpha_spread,
    closest_margin,
    run_short_search,
    shorten,
)
from harness.guard.probes.step_difference import EXACT, first_difference, largest_difference
from harness.guard.probes.ten_steps import Step, measure_ten_steps
from harness.planning.plan import make_plan
from harness.planning.request import make_request
from harness.trials.trial import SearchTrial
from methods import METHODS


def measure(
    dataset: str,
    methods: str = "all,random-ws",
    protocol: str = "common",
    seeds: int = 2,
    table: str | None = None,
    plugins: Sequence[Path] = (),
) -> str:
    """Compare every emulated environment with this one, as Markdown.

    Raises:
        UserError: a name is unknown, or the table or images are missing.
    """
    request = make_request(
        methods, spaces="nas-bench-201", datasets=dataset, seeds=seeds, protocol=protocol,
        settings={}, table=table, device="cpu",
    )  # fmt: skip
    trials = [each for each in make_plan(request).searches if METHODS[each.method].uses_device]
    here, *others = (
        (each, call_in(each, _run_probes, trials, each.threads, plugins))
        for each in (EmulatedEnvironment("here"), *emulated_environments())
    )
    rows = [
        f"| {method} | {environment.name} | {' | '.join(cells)} |"
        for environment, probes in others
        for method, cells in _compare_by_method(trials, here[1], probes).items()
    ]
    return "\n".join(
        [
            "| method | environment | ten steps | short search, float64 | short search, float32 |",
            "|---|---|---|---|---|",
            *sorted(rows),
        ]
    )


@dataclass(frozen=True)
class _Probes:
    """What one trial computes in an environment."""

    steps: list[Step]
    double: Derivation
    """Of its short search in float64."""
    single: Derivation
    """In float32."""


def _run_probes(
    trials: Sequence[SearchTrial], threads: int, plugins: Sequence[Path]
) -> list[_Probes]:
    from harness.planning.plugins import load

    load(plugins)
    probes = []
    for trial in trials:
        steps = measure_ten_steps(METHODS[trial.method], threads)
        double = shorten(trial, trial.seed, threads)
        single = replace(double, arithmetic={**double.arithmetic, "precision": "float32"})
        probes.append(_Probes(steps, run_short_search(double), run_short_search(single)))
    return probes


def _compare_by_method(
    trials: Sequence[SearchTrial], here: Sequence[_Probes], there: Sequence[_Probes]
) -> dict[str, list[str]]:
    """The table's cells by method."""
    pairs: dict[str, list[tuple[_Probes, _Probes]]] = {}
    for trial, one, other in zip(trials, here, there, strict=True):
        pairs.setdefault(trial.method, []).append((one, other))
    return {
        method: [
            _compare_steps(of_method[0][0].steps, of_method[0][1].steps),
            _compare_searches([(one.double, other.double) for one, other in of_method]),
            _compare_searches([(one.single, other.single) for one, other in of_method]),
        ]
        for method, of_method in pairs.items()
    }


def _compare_steps(before: Sequence[Step], after: Sequence[Step]) -> str:
    if first_difference(before, after, EXACT) is None:
        return "same bits"
    return f"within {_round_up(largest_difference(before, after))}"


def _compare_searches(pairs: list[tuple[Derivation, Derivation]]) -> str:
    same = sum(one.architecture == other.architecture for one, other in pairs)
    spread = max(alpha_spread(pair) for pair in pairs)
    alpha = "same bits" if spread == 0 else f"within {_round_up(spread)}"
    margins = [closest_margin(one) for one, _ in pairs]
    closest = min((each for each in margins if each is not None), default=None)
    decision = "" if closest is None else f", closest decision {closest:.1g}"
    return f"{same}/{len(pairs)} architectures, alpha {alpha}{decision}"


def _round_up(value: float) -> str:
    """Round up to a power of ten."""
    return f"1e{math.ceil(math.log10(value))}"
