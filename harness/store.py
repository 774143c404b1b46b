"""Trials on disk: a folder per trial, in which every file exists whole or not at all.

    OUT/store.json               the format of the folder
    OUT/trials/KEY/lock          held by the process that runs the trial
    OUT/trials/KEY/events.jsonl  one line per event of the search
    OUT/trials/KEY/record.json   the result; a trial with one is finished and is not run again

Killing anything at any moment leaves finished trials finished and unfinished ones unfinished.
"""

import json
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from benchmarks.atomic import write_text
from benchmarks.errors import UserError
from harness.record import Record

FORMAT = 1

log = logging.getLogger("harness")


class Store:
    """A folder of trials."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.trials = folder / "trials"

    @classmethod
    def create(cls, folder: Path) -> "Store":
        """Open a folder of trials to write, making it where it does not exist.

        Raises:
            UserError: another version of the harness made it, or it cannot be written.
        """
        store = cls(folder)
        if store._marker.exists():
            store._check_format()
        else:
            write_text(store._marker, json.dumps({"format": FORMAT}) + "\n")
        return store

    @classmethod
    def open(cls, folder: Path) -> "Store":
        """Open a folder of trials to read.

        Raises:
            UserError: there is none, or another version of the harness made it.
        """
        store = cls(folder)
        if not store._marker.exists():
            raise UserError(
                f"{folder} is no folder of results. "
                "Give the --out of an earlier `python -m harness run`."
            )
        store._check_format()
        return store

    def read(self, key: str) -> Record | None:
        """The record of a trial, or None where it is not finished.

        A record that is cut off, or of another version, counts as not finished, with a warning.
        """
        path = self._record_path(key)
        try:
            return Record.from_json(path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError, KeyError) as error:
            log.warning(
                "%s is cut off or no record of this version (%s): "
                "it counts as not finished, and the same `run` does the trial again.",
                path,
                error,
            )
            return None

    def records(self) -> list[Record]:
        """All finished trials, in the order of their keys."""
        if not self.trials.is_dir():
            return []
        records = (self.read(path.name) for path in sorted(self.trials.iterdir()))
        return [record for record in records if record is not None]

    def events(self, key: str) -> list[dict[str, Any]]:
        """The events of a trial's search; a last line that was cut off is left out."""
        try:
            lines = self._events_path(key).read_text(encoding="utf-8").splitlines(keepends=True)
        except FileNotFoundError:
            return []
        return [json.loads(line) for line in lines if line.endswith("\n")]

    @contextmanager
    def claim(self, key: str) -> Iterator[bool]:
        """Hold a trial; yields False where another process holds it.

        The operating system lets go of the claim when its holder dies, however it dies.
        """
        folder = self.trials / key
        try:
            folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(folder / "lock", timeout=0)
            lock.acquire()
        except Timeout:
            yield False
            return
        except OSError as error:
            raise UserError(
                f"Cannot write {folder}: {error.strerror or error}. "
                "Make room or choose another --out, then run the same command again."
            ) from error
        try:
            yield True
        finally:
            lock.release()

    def is_held(self, key: str) -> bool:
        """Whether another process runs the trial at this moment."""
        with self.claim(key) as is_ours:
            return not is_ours

    def forget(self, key: str) -> None:
        """Take a trial's record away, so that it is run again."""
        self._record_path(key).unlink(missing_ok=True)

    def finish(self, record: Record, events: list[dict[str, Any]]) -> None:
        """Write a trial's events, then its record.

        Raises:
            UserError: the disk is full, or the folder cannot be written.
        """
        lines = "".join(json.dumps(event) + "\n" for event in events)
        write_text(self._events_path(record.key), lines)
        write_text(self._record_path(record.key), record.to_json())

    def _check_format(self) -> None:
        try:
            found = json.loads(self._marker.read_text()).get("format")
        except (ValueError, AttributeError):
            found = "unreadable"
        if found != FORMAT:
            raise UserError(
                f"{self.folder} was made by another version of the harness (format {found}; this "
                f"version writes {FORMAT}). Choose another --out, or use that version."
            )

    @property
    def _marker(self) -> Path:
        return self.folder / "store.json"

    def _record_path(self, key: str) -> Path:
        return self.trials / key / "record.json"

    def _events_path(self, key: str) -> Path:
        return self.trials / key / "events.jsonl"
