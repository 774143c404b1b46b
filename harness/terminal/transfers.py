"""Progress of downloads and imports."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, TaskID

from benchmarks.files import download
from harness import data
from harness.planning.request import Request


@contextmanager
def show_transfers(console: Console) -> Iterator[download.Progress]:
    """Yield a callback (name, done, total): bars on a terminal, a line for each name in a pipe."""
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


def fetch_missing(request: Request, console: Console) -> None:
    """Download the public tables and the images that a request needs.

    Raises:
        UserError: something cannot be downloaded.
    """
    for space in request.spaces if request.needs_table else ():
        for dataset in request.datasets:
            with show_transfers(console) as progress:
                data.ensure_table(space, request.table, dataset, progress)
    if request.uses_device:
        for name in request.datasets:
            data.ensure_images(name)
