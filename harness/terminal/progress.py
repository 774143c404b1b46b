"""What a person sees while trials run: a live table on a terminal, plain lines in a pipe."""

import statistics
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.live import Live
from rich.table import Table

from harness.planning.plan import Plan
from harness.trials.record import Event, Record
from harness.trials.trial import SearchTrial

_LINE_EVERY_SECONDS = 10.0
_WORTH_AN_ESTIMATE_SECONDS = 60
_WORTH_SHOWING_SECONDS = 5

_Group = tuple[str, str, str]  # space, search dataset, method


def describe(plan: Plan, done: Mapping[str, Record], seconds: float, console: Console) -> None:
    """Print in a few lines what is about to run.

    Args:
        plan: the whole plan.
        done: records of its finished trials.
        seconds: estimate for the rest.
        console: where to print.
    """
    first = plan.trials[0]
    methods = ", ".join(dict.fromkeys(trial.method for trial in plan.trials))
    searches = dict.fromkeys(f"{trial.space} on {trial.search_dataset}" for trial in plan.trials)
    tables = ", ".join(dict.fromkeys(trial.table for trial in plan.trials))
    overrides = sorted({trial.overrides for trial in plan.trials if trial.overrides})
    lines = [
        f"{methods}: {', '.join(searches)}, protocol {first.protocol}"
        + (f" with {' / '.join(overrides)}" if overrides else "")
        + f", table {tables}",
        *plan.skipped,
        f"{len(plan.trials)} trials, {len(done)} already finished",
    ]
    if seconds >= _WORTH_AN_ESTIMATE_SECONDS:
        lines[-1] += f", the rest takes about {duration(seconds)}"
    for line in lines:
        console.print(line, soft_wrap=True, highlight=False)


class Progress:
    """One row per (space, search dataset, method); a context manager around a run.

    Args:
        plan: the trials.
        console: where to print; a pipe gets plain lines instead of a live table.
    """

    def __init__(self, plan: Plan, console: Console):
        self._console = console
        self._started = time.monotonic()
        self._last_line = self._started
        self._records: dict[_Group, dict[str, Record]] = {}
        self._planned: dict[_Group, int] = {}
        self._announced: set[_Group] = set()
        self._epochs: dict[str, tuple[SearchTrial, float]] = {}
        self._finished_earlier: dict[_Group, int] = {}
        for trial in plan.trials:
            group = _group_of(trial)
            self._records.setdefault(group, {})
            self._planned[group] = self._planned.get(group, 0) + 1
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
        if self._live:
            self._live.stop()

    def __call__(self, records: Sequence[Record]) -> None:
        """Count records, each once. Those of the first call are from earlier runs."""
        for record in records:
            self._records[_group_of(record.trial)][record.key] = record
            self._epochs.pop(record.key, None)
        if not self._finished_earlier:
            self._finished_earlier = {group: len(each) for group, each in self._records.items()}
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
            is_complete = len(self._records[group]) == planned
            if group in self._announced or not (is_complete or is_due):
                continue
            if is_complete:
                self._announced.add(group)
            self._last_line = now
            self._console.print("  ".join(self._cells(group)), soft_wrap=True, highlight=False)

    def _table(self) -> Table:
        table = Table(box=None, pad_edge=False)
        for name in ("space", "search on", "method", "state", "seeds"):
            table.add_column(name, no_wrap=True)
        table.add_column("test accuracy")
        table.add_column("time", no_wrap=True)
        for group in self._planned:
            table.add_row(*self._cells(group))
        return table

    def _cells(self, group: _Group) -> list[str]:
        records = list(self._records[group].values())
        planned = self._planned[group]
        failed = sum(record.state != "done" for record in records)
        state = "done" if len(records) == planned else "running"
        if failed:
            state += f", {failed} failed"
        running = [each for each in self._epochs.values() if _group_of(each[0]) == group]
        if running:
            epochs = ", ".join(f"{epoch:.0f}" for _, epoch in running)
            state += f", epoch {epochs} of {running[0][0].settings['epochs']}"
        return [*group, state, f"{len(records)}/{planned} seeds", _accuracy(records),
                self._time(group, len(records), running)]  # fmt: skip

    def _time(
        self, group: _Group, finished: int, running: Sequence[tuple[SearchTrial, float]]
    ) -> str:
        """Return the time since the start and an estimate of the rest, from this run's own pace."""
        elapsed = time.monotonic() - self._started
        done = finished + sum(epoch / trial.settings["epochs"] for trial, epoch in running)
        gained = done - self._finished_earlier.get(group, 0)
        left = (self._planned[group] - done) * elapsed / gained if gained else 0.0
        text = duration(elapsed)
        return f"{text}, about {duration(left)} left" if left > _WORTH_SHOWING_SECONDS else text


def _group_of(trial: SearchTrial) -> _Group:
    return (trial.space, trial.search_dataset, trial.method)


def duration(seconds: float) -> str:
    """Format a time as 95 s, 12 min or 3.4 h."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 7200 else f"{seconds / 3600:.1f} h"


def _accuracy(records: Sequence[Record]) -> str:
    """Format mean and standard deviation of the test accuracy on the search dataset."""
    values = [
        evaluation.test_accuracy
        for record in records
        for evaluation in record.evaluations
        if evaluation.dataset == record.trial.search_dataset
    ]
    if not values:
        return "-"
    mean = statistics.fmean(values)
    return f"{mean:.2f} ± {statistics.stdev(values):.2f} %" if len(values) > 1 else f"{mean:.2f} %"
