"""Simulation of the statistics layer: how often it raises a false alarm, and how often it is right.

    python -c "from harness.guard import simulation; print(simulation.simulate_normal())"
    python -c "from harness.guard import simulation; print(simulation.simulate_baseline('FILE'))"

The first draws recorded and fresh values from one normal distribution. The second draws both
from the recorded seeds of each method of a baseline, so that collapsed searches keep their share,
and then draws only fresh ones, since a baseline is recorded once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from benchmarks.metric import ACCURACY, Metric
from harness.guard.baselines.file import read_baseline
from harness.guard.rules import means
from harness.guard.rules.rule import Rule

DROPS = (0.0, 0.5, 1.0, 2.0, 3.0)
"""For the worse, in standard deviations of the recorded values; at 0 an alarm is false."""

_LOOK = 4
_REPEATS, _FEWER = 200_000, 100_000
_SEED = 20207

Draw = Callable[[np.random.Generator, int, int], np.ndarray]
"""Draws values, higher ones better: shape (repeats, n), from the generator, the repeats and n."""


@dataclass(frozen=True)
class Rates:
    """Shares of the simulated runs, 0 to 1."""

    drop: float
    first_look: float
    """Runs whose first look sees a drop."""
    both_looks: float
    """Red runs."""
    single_look: float
    """Runs that would be red if a single look had the whole level."""


def simulate_rates(
    draw: Draw,
    sd: float,
    recorded: int,
    rule: Rule,
    repeats: int = _REPEATS,
    given: Sequence[float] | None = None,
) -> list[Rates]:
    """Simulate the layer for each drop in `DROPS`.

    Args:
        draw: draws values.
        sd: standard deviation of what `draw` draws; the unit of the drops.
        recorded: seeds of the baseline.
        rule: parameters of the layer.
        repeats: simulated runs of the guard.
        given: values of the baseline; by default drawn for each run.
    """
    rng = np.random.Generator(np.random.PCG64(_SEED))
    before = draw(rng, repeats, recorded) if given is None else np.asarray([given], np.float64)
    first, second = (draw(rng, repeats, _LOOK).mean(axis=1) for _ in range(2))
    mean, spread = before.mean(axis=1), before.std(axis=1, ddof=1)
    # Equal recorded values are judged by another rule; none of those runs counts as red here.
    has_spread = spread > 1e-9

    def dropped(fresh: np.ndarray, deviations: float, drop: float) -> np.ndarray:
        return has_spread & (mean - (fresh - drop * sd) > deviations * spread + rule.delta)

    both = means.allowed_deviations(recorded, _LOOK, rule)
    single = means.allowed_deviations_of_single_look(recorded, _LOOK, rule)
    rates = []
    for drop in DROPS:
        at_first = dropped(first, both, drop)
        in_both = at_first & dropped(second, both, drop)
        shares = (each.mean() for each in (at_first, in_both, dropped(first, single, drop)))
        rates.append(Rates(drop, *map(float, shares)))
    return rates


def draw_normal(rng: np.random.Generator, repeats: int, n: int) -> np.ndarray:
    """Draw values of a method without collapses, in standard deviations around 0."""
    return rng.standard_normal((repeats, n))


def draw_from(recorded: Sequence[float]) -> Draw:
    """Return a draw from recorded values, with replacement."""
    values = np.asarray(recorded, np.float64)
    return lambda rng, repeats, n: rng.choice(values, (repeats, n))


def simulate_normal(recorded: int = 20, methods: int = 7, level: float = 0.01) -> str:
    """Simulate normally distributed values; the rates as Markdown."""
    rule = Rule(level, methods)
    return _markdown({"normal": simulate_rates(draw_normal, 1.0, recorded, rule)})


def simulate_baseline(file: str | Path) -> str:
    """Simulate each method of a baseline from its recorded values; the rates as Markdown.

    A second row per method, `as recorded`, keeps the baseline that was recorded.

    Raises:
        UserError: the file does not exist.
    """
    baseline = read_baseline(Path(file))
    rule = Rule(baseline.level, len(baseline.methods), baseline.delta)
    rows = {}
    for name, method in baseline.methods.items():
        # With the sign of the metric a change for the worse is a drop, whichever way is better.
        values = [baseline.metric.sign * search.test_value for search in method.searches]
        sd = float(np.std(values))
        arguments = draw_from(values), sd, len(values), rule, _FEWER
        rows[name] = simulate_rates(*arguments)
        rows[f"{name}, as recorded"] = simulate_rates(*arguments, given=values)
    return _markdown(rows, baseline.metric)


def _markdown(rows: dict[str, list[Rates]], metric: Metric = ACCURACY) -> str:
    heads = ["false alarms", *(f"{metric.worsening} of {drop:g} sd" for drop in DROPS[1:])]
    lines = [f"| red, % | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for name, rates in rows.items():
        for look in ("first_look", "both_looks", "single_look"):
            cells = " | ".join(f"{100 * getattr(each, look):.3g}" for each in rates)
            lines.append(f"| {name}, {look.replace('_', ' ')} | {cells} |")
    return "\n".join(lines)
