"""How often the statistics layer raises a false alarm, and how often it sees a drop: by simulation.

    python -c "from harness.guard import simulation; print(simulation.table())"
    python -c "from harness.guard import simulation as s; print(s.table_of('FILE'))"

The first draws recorded and fresh accuracies from one normal distribution; the second draws both
from the recorded seeds of each method of a baseline, so that collapsed searches keep their share,
and then fresh ones alone, since a baseline is recorded once.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from harness.guard import baseline, statistics
from harness.guard.statistics import Rule

DROPS = (0.0, 0.5, 1.0, 2.0, 3.0)
"""In standard deviations of the recorded accuracies; at 0 an alarm is false."""

_LOOK = 4
_REPEATS, _FEWER = 200_000, 100_000
_SEED = 20207

Draw = Callable[[np.random.Generator, int, int], np.ndarray]
"""Draws accuracies of shape (repeats, n), given the generator, the repeats and n."""


@dataclass(frozen=True)
class Rates:
    """Shares of the simulated runs, 0 to 1."""

    drop: float
    first_look: float
    """Those that drop at the first look."""
    both_looks: float
    """Those that are red in the end."""
    single_look: float
    """Those that would be red if one look had the whole level."""


def rates(
    draw: Draw,
    sd: float,
    recorded: int,
    rule: Rule,
    repeats: int = _REPEATS,
    given: Sequence[float] | None = None,
) -> list[Rates]:
    """Simulate the layer for each drop in `DROPS`.

    Args:
        draw: gives accuracies.
        sd: of what `draw` gives; the unit of the drops.
        recorded: seeds of the baseline.
        rule: the layer's.
        repeats: how many runs of the guard are simulated.
        given: the accuracies of the baseline itself; drawn for each run where None.
    """
    rng = np.random.Generator(np.random.PCG64(_SEED))
    before = draw(rng, repeats, recorded) if given is None else np.asarray([given], np.float64)
    first, second = (draw(rng, repeats, _LOOK).mean(axis=1) for _ in range(2))
    mean, spread = before.mean(axis=1), before.std(axis=1, ddof=1)
    # A baseline of equal values is judged by another rule; none of its runs counts as red here.
    has_spread = spread > 1e-9

    def dropped(fresh: np.ndarray, factor: float, drop: float) -> np.ndarray:
        return has_spread & (mean - (fresh - drop * sd) > factor * spread + rule.delta)

    both = statistics.factor(recorded, _LOOK, rule)
    single = statistics.factor_of_one_look(recorded, _LOOK, rule)
    found = []
    for drop in DROPS:
        at_first = dropped(first, both, drop)
        in_both = at_first & dropped(second, both, drop)
        shares = (each.mean() for each in (at_first, in_both, dropped(first, single, drop)))
        found.append(Rates(drop, *map(float, shares)))
    return found


def normal(rng: np.random.Generator, repeats: int, n: int) -> np.ndarray:
    """Accuracies of a method without collapses, in standard deviations around 0."""
    return rng.standard_normal((repeats, n))


def resampled(accuracies: Sequence[float]) -> Draw:
    """Draws from recorded accuracies, with replacement."""
    values = np.asarray(accuracies, np.float64)
    return lambda rng, repeats, n: rng.choice(values, (repeats, n))


def table(recorded: int = 20, guards: int = 7, level: float = 0.01) -> str:
    """The rates for normally distributed accuracies, as Markdown."""
    rule = Rule(level, guards)
    return _markdown({"normal": rates(normal, 1.0, recorded, rule)})


def table_of(file: str | Path) -> str:
    """The rates for each method of a baseline file, drawn from its recorded seeds, as Markdown.

    And below each, `as recorded`, given the baseline that was recorded.

    Raises:
        UserError: there is no such file.
    """
    found = baseline.read(Path(file))
    rule = Rule(found.level, len(found.methods), found.delta)
    rows = {}
    for name, each in found.methods.items():
        accuracies = [search.test_accuracy for search in each.searches]
        sd = float(np.std(accuracies))
        of_method = resampled(accuracies), sd, len(accuracies), rule, _FEWER
        rows[name] = rates(*of_method)
        rows[f"{name}, as recorded"] = rates(*of_method, given=accuracies)
    return _markdown(rows)


def _markdown(rows: dict[str, list[Rates]]) -> str:
    heads = ["false alarms", *(f"drop of {drop:g} sd" for drop in DROPS[1:])]
    lines = [f"| red, % | {' | '.join(heads)} |", "|---" * (len(heads) + 1) + "|"]
    for name, found in rows.items():
        for what in ("first_look", "both_looks", "single_look"):
            cells = " | ".join(f"{100 * getattr(each, what):.3g}" for each in found)
            lines.append(f"| {name}, {what.replace('_', ' ')} | {cells} |")
    return "\n".join(lines)
