"""Downloads and imports, shown while they run."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, TaskID

from benchmarks.files import download
from harness import data
from harness.planning.plan import Campaign


@contextmanager
def shown(console: Console) -> Iterator[download.Progress]:
    """Yield a callback (name, done, total) that draws bars on a terminal, a line each in a pipe."""
    if console.is_terminal:
        with Progress(console=console, transient=True) as bars:
            yield _Bars(bars)
    else:
        yield _Lines(console)


class _Bars:
    def __init__(self, bars: Progress):
        self._bars = bars
        self._tasks: dict[str, TaskID] = {}

    def __call__(self, name: str, done: int, total: int) -> None:
        if name not in self._tasks:
            self._tasks[name] = self._bars.add_task(name, total=total)
        self._bars.update(self._tasks[name], completed=done)


class _Lines:
    def __init__(self, console: Console):
        self._console = console
        self._named: set[str] = set()

    def __call__(self, name: str, done: int, total: int) -> None:
        if name not in self._named:
            self._named.add(name)
            self._console.print(f"{name}: {total:,} to do", highlight=False)


def fetch_missing(asked: Campaign, console: Console) -> None:
    """Fetch the public table of each space that needs one, and the images of a search.

    Raises:
        UserError: something cannot be had.
    """
    for space in asked.spaces:
        for dataset in asked.datasets:
            with shown(console) as progress:
                data.ensure_truth(space, asked.truth, dataset, progress)
    if asked.uses_device:
        for name in asked.datasets:
            data.ensure_images(name)
