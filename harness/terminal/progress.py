"""What a person sees while trials run: a live table on a terminal, plain lines in a pipe."""

import statistics
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from benchmarks.metric import Metric
from harness.planning.recipe import Recipe
from harness.planning.stages import GroundTruth, SearchPlan
from harness.storage.evaluated import EvaluatedSearch, metric_of_space
from harness.trials.record import Event, Record
from harness.trials.trial import SearchTrial, Trial

_LINE_EVERY_SECONDS = 10.0
_WORTH_AN_ESTIMATE_SECONDS = 60
_WORTH_SHOWING_SECONDS = 5

Group = tuple[str, str, str]
"""Space, dataset, and method or training protocol."""


def describe(plan: SearchPlan, done: int, seconds: float, console: Console) -> None:
    """Print in a few lines what is about to run.

    Args:
        plan: the whole plan.
        done: number of its searches that are finished.
        seconds: estimate for the rest.
        console: where to print.
    """
    first = plan.searches[0]
    methods = ", ".join(dict.fromkeys(trial.method for trial in plan.searches))
    searches = dict.fromkeys(f"{trial.space} on {trial.search_dataset}" for trial in plan.searches)
    overrides = sorted({trial.overrides for trial in plan.searches if trial.overrides})
    lines = [
        f"{methods}: {', '.join(searches)}, protocol {first.protocol}"
        + (f" with {' / '.join(overrides)}" if overrides else "")
        + "".join(dict.fromkeys(f", {name_of(truth)}" for truth in plan.ground_truth.values())),
        *plan.notes,
        f"{len(plan.searches)} searches, {done} already finished",
    ]
    if trainings := sum(plan.most_trainings.values()):
        lines[-1] += f"; at most {trainings} trainings"
    if seconds >= _WORTH_AN_ESTIMATE_SECONDS:
        lines[-1] += f"; the rest takes about {duration(seconds)}"
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


def name_of(truth: GroundTruth) -> str:
    """Return what gives the ground truth, in words."""
    if isinstance(truth, Recipe):
        return f"trained by {truth.protocol.name}, {len(truth.seeds)} seeds"
    return f"table {truth.card.name}"


class Progress:
    """One row per (space, dataset, method or training protocol); a context manager around a run.

    Args:
        trials: those that are known before any has ended.
        console: where to print; a pipe gets plain lines instead of a live table.
        most_trainings: by (space, dataset, training protocol), of those that unfold.
    """

    def __init__(
        self,
        trials: Sequence[Trial],
        console: Console,
        most_trainings: Mapping[Group, int] | None = None,
    ):
        self._console = console
        self._started = time.monotonic()
        self._started_at = datetime.now(UTC)
        self._last_line = self._started
        self._planned = Counter(map(_group_of, trials)) + Counter(most_trainings or {})
        self._unfolding = frozenset(most_trainings or {})
        self._ended: dict[Group, dict[str, Record]] = {group: {} for group in self._planned}
        self._values: dict[Group, dict[str, float]] = {group: {} for group in self._planned}
        self._metrics = {group: metric_of_space(group[0]) for group in self._planned}
        self._announced: set[Group] = set()
        self._epochs: dict[str, tuple[SearchTrial, float]] = {}
        self._live = (
            Live(get_renderable=self._table, console=console, refresh_per_second=4)
            if console.is_terminal
            else None
        )

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if kind is None:  # fewer trainings than searches where these found the same network
            for group in self._unfolding:
                self._planned[group] = len(self._ended[group])
        if self._live:
            self._live.stop()
        elif kind is None and self._unfolding:  # values came after searches had ended
            for group in self._planned:
                if group not in self._unfolding or group not in self._announced:
                    self._print(group)

    def add(self, records: Sequence[Record], searches: Sequence[EvaluatedSearch] = ()) -> None:
        """Count trials that have ended, and take the test values of what searches found."""
        for record in records:
            self._ended[_group_of(record.trial)][record.key] = record
            self._epochs.pop(record.key, None)
        for search in searches:
            if search.evaluation is not None:
                group = _group_of(search.trial)
                self._metrics[group] = search.metric
                self._values[group][search.record.key] = search.evaluation.test_value
        if not self._live:
            self._lines()

    def watch(self, trial: SearchTrial, event: Event) -> None:
        """Note the epoch that a running trial has reached."""
        if "epoch" in event.measured:
            self._epochs[trial.key] = (trial, event.measured["epoch"])
            if not self._live:
                self._lines()

    def _lines(self) -> None:
        now = time.monotonic()
        is_due = now - self._last_line >= _LINE_EVERY_SECONDS
        for group, planned in self._planned.items():
            is_complete = len(self._ended[group]) == planned
            if group in self._announced or not (is_complete or is_due):
                continue
            if is_complete:
                self._announced.add(group)
            self._last_line = now
            self._print(group)

    def _print(self, group: Group) -> None:
        self._console.print("  ".join(self._cells(group)), soft_wrap=True, highlight=False)

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for name in ("space", "dataset", "method", "state", "trials"):
            table.add_column(name, no_wrap=True)
        metrics = {metric.name for metric in self._metrics.values()}
        table.add_column(f"test {metrics.pop()}" if len(metrics) == 1 else "test value")
        table.add_column("time", no_wrap=True)
        for group in self._planned:
            table.add_row(*self._cells(group))
        return table

    def _cells(self, group: Group) -> list[str]:
        records = self._ended[group].values()
        planned = self._planned[group]
        failed = sum(record.state != "done" for record in records)
        state = "done" if len(records) == planned else "running"
        if failed:
            state += f", {failed} failed"
        running = [each for each in self._epochs.values() if _group_of(each[0]) == group]
        if running:
            epochs = ", ".join(f"{epoch:.0f}" for _, epoch in running)
            state += f", epoch {epochs} of {running[0][0].settings['epochs']}"
        is_open = group in self._unfolding and len(records) < planned
        count = f"{len(records)}/{'at most ' if is_open else ''}{planned}"
        value = _mean_and_deviation(list(self._values[group].values()), self._metrics[group])
        return [*group, state, count, value, self._time(group, running)]

    def _time(self, group: Group, running: Sequence[tuple[SearchTrial, float]]) -> str:
        """Return the time since the start and an estimate of the rest, from this run's own pace."""
        elapsed = time.monotonic() - self._started
        records = self._ended[group].values()
        of_this_run = sum(record.finished_at > self._started_at for record in records)
        epochs = sum(epoch / trial.settings["epochs"] for trial, epoch in running)
        gained = of_this_run + epochs
        left = self._planned[group] - len(records) - epochs
        seconds = left * elapsed / gained if gained else 0.0
        text = duration(elapsed)
        return (
            f"{text}, about {duration(seconds)} left" if seconds > _WORTH_SHOWING_SECONDS else text
        )


def _group_of(trial: Trial) -> Group:
    if isinstance(trial, SearchTrial):
        return (trial.space, trial.search_dataset, trial.method)
    return training_group(trial.space, trial.dataset, trial.protocol["name"], trial.measures)


def training_group(space: str, dataset: str, protocol: str, measures: str = "accuracy") -> Group:
    """Return the row in which trainings are counted."""
    what = "train by" if measures == "accuracy" else "time steps of"
    return (space, dataset, f"{what} {protocol}")


def duration(seconds: float) -> str:
    """Format a time as 95 s, 12 min or 3.4 h."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _mean_and_deviation(values: Sequence[float], metric: Metric) -> str:
    if not values:
        return "-"
    mean = statistics.fmean(values)
    if len(values) < 2:
        return metric.text(mean)
    return f"{metric.digits(mean)} ± {metric.text(statistics.stdev(values))}"
