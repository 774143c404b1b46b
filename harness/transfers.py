"""Downloads and imports, shown while they run."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, TaskID

from benchmarks import download
from harness import data
from harness.plan import Campaign


@contextmanager
def shown(console: Console) -> Iterator[download.Progress]:
    """Yield a callback (name, done, total) that draws bars on a terminal, a line each in a pipe."""
    tasks: dict[str, TaskID] = {}
    with Progress(console=console, transient=True, disable=not console.is_terminal) as bars:

        def advance(name: str, done: int, total: int) -> None:
            if name not in tasks:
                tasks[name] = bars.add_task(name, total=total)
                if not console.is_terminal:
                    console.print(f"{name}: {total:,} to do", highlight=False)
            bars.update(tasks[name], completed=done)

        yield advance


def fetch_missing_tables(asked: Campaign, console: Console) -> None:
    """Fetch the public table of each space that has none here.

    Raises:
        UserError: a table cannot be had.
    """
    for space in asked.spaces:
        with shown(console) as progress:
            data.ensure_truth(space, asked.truth, progress)
