"""What of a search is the same on other processors, as a table: method x environment.

    python -c "from harness.guard import portability; print(portability.table('digits'))"

Every method's ten steps, and its shortened search in float64 and in float32, are computed in each
environment of `harness.guard.elsewhere` and compared with those computed with this processor's own
kernels.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from harness.guard import bits, elsewhere, short_search, ten_steps
from harness.guard.elsewhere import Elsewhere
from harness.guard.short_search import Derived
from harness.guard.ten_steps import Step
from harness.planning.plan import campaign, make
from harness.trials.trial import SearchTrial
from methods import METHODS

Steps = list[Step]


def table(
    dataset: str,
    methods: str = "all,random-ws",
    protocol: str = "common",
    seeds: int = 2,
    truth: str | None = None,
    plugins: Sequence[Path] = (),
) -> str:
    """Compare every environment with this one, as Markdown.

    Raises:
        UserError: a name does not exist, or the table or the images are not here.
    """
    asked = campaign(
        methods, spaces="nas-bench-201", datasets=dataset, seeds=seeds, protocol=protocol,
        settings={}, truth=truth, device="cpu",
    )  # fmt: skip
    planned = [each for each in make(asked).trials if METHODS[each.method].uses_device]
    lines = [
        "| method | environment | ten steps | short search, float64 | short search, float32 |",
        "|---|---|---|---|---|",
    ]
    here = Elsewhere("here")
    expected = elsewhere.call(_all, here, planned, here.threads, plugins)
    for environment in elsewhere.environments():
        found = elsewhere.call(_all, environment, planned, environment.threads, plugins)
        for method, cells in _compared(planned, expected, found).items():
            lines.append(f"| {method} | {environment.name} | {' | '.join(cells)} |")
    return "\n".join([*lines[:2], *sorted(lines[2:])])


Results = tuple[list[Steps], list[Derived], list[Derived]]
"""By trial: its method's ten steps, its shortened search in float64 and in float32."""


def _all(planned: Sequence[SearchTrial], threads: int, plugins: Sequence[Path]) -> Results:
    from harness.planning.plugins import load

    load(plugins)
    steps, doubles, singles = [], [], []
    for trial in planned:
        steps.append(ten_steps.steps(METHODS[trial.method], threads))
        double = short_search.of(trial, trial.seed, threads)
        single = replace(double, arithmetic={**double.arithmetic, "precision": "float32"})
        doubles.append(short_search.run(double))
        singles.append(short_search.run(single))
    return steps, doubles, singles


def _compared(
    planned: Sequence[SearchTrial], expected: Results, found: Results
) -> dict[str, list[str]]:
    """The table's cells by method."""
    cells: dict[str, list[str]] = {}
    for name in dict.fromkeys(trial.method for trial in planned):
        places = [place for place, trial in enumerate(planned) if trial.method == name]
        one = places[0]
        cells[name] = [_of_steps(expected[0][one], found[0][one])]
        for before, after in ((expected[1], found[1]), (expected[2], found[2])):
            cells[name].append(_of_searches([(before[at], after[at]) for at in places]))
    return cells


def _of_steps(before: Steps, after: Steps) -> str:
    if bits.first_difference(before, after, bits.EXACT) is None:
        return "same bits"
    largest = 0.0
    for one, other in zip(before, after, strict=True):
        for name, value in one.items():
            if name == "step" or isinstance(value, str):
                continue
            numbers, others = (v if isinstance(v, list) else [v] for v in (value, other[name]))
            largest = max(largest, *(abs(a - b) for a, b in zip(numbers, others, strict=True)))
    return f"within {_rounded_up(largest)}"


def _of_searches(pairs: list[tuple[Derived, Derived]]) -> str:
    same = sum(one.architecture == other.architecture for one, other in pairs)
    spread = max(short_search.spread(list(pair)) for pair in pairs)
    margins = [short_search.margin(one) for one, _ in pairs]
    told = "same bits" if spread == 0 else f"within {_rounded_up(spread)}"
    closest = min((each for each in margins if each is not None), default=None)
    led = "" if closest is None else f", closest decision {closest:.1g}"
    return f"{same}/{len(pairs)} architectures, alpha {told}{led}"


def _rounded_up(value: float) -> str:
    """To a power of ten."""
    return f"1e{math.ceil(math.log10(value))}"
