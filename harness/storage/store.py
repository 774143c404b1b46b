"""Trials on disk: a folder per trial, whose record exists whole or not at all.

    OUT/store.json               the format of the folder
    OUT/trials/KEY/lock          held by the process that runs the trial
    OUT/trials/KEY/events.jsonl  one line per event of the search, as it happens
    OUT/trials/KEY/checkpoint    where the search goes on after a kill; gone once it has a result
    OUT/trials/KEY/record.json   the result; a trial with one is finished and is not run again

Killing anything at any moment leaves finished trials finished and unfinished ones unfinished.
"""

import json
import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from benchmarks.errors import UserError
from benchmarks.files.atomic import cannot_write, write_bytes
from harness.storage import checkpoint
from harness.storage.checkpoint import Checkpoint
from harness.trials.record import Event, Record

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
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder} is a file. Choose another folder with --out.")
        if store._marker.exists():
            store._check_format()
        else:
            write_bytes(store._marker, json.dumps({"format": FORMAT}).encode() + b"\n")
        return store

    @classmethod
    def planned(cls, folder: Path) -> "Store":
        """Look at a folder that a run would write to; it need not exist.

        Raises:
            UserError: another version of the harness made it.
        """
        store = cls(folder)
        if store._marker.exists():
            store._check_format()
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
        return TrialFolder(self.trials / key).read()

    def records(self) -> list[Record]:
        """All finished trials, in the order of their keys."""
        if not self.trials.is_dir():
            return []
        folders = sorted(path for path in self.trials.iterdir() if path.is_dir())
        records = (TrialFolder(path).read() for path in folders)
        return [record for record in records if record is not None]

    def events(self, key: str) -> list[Event]:
        """The events of a trial's search; a line that is cut off or damaged is left out."""
        return TrialFolder(self.trials / key).events()

    @contextmanager
    def claim(self, key: str) -> Iterator["TrialFolder | None"]:
        """Hold a trial and yield its folder, or None where another process holds it.

        The operating system lets go of the claim when its holder dies, however it dies.

        Raises:
            UserError: the folder cannot be written.
        """
        path = self.trials / key
        try:
            path.mkdir(parents=True, exist_ok=True)
            lock = FileLock(path / "lock", timeout=0)
            lock.acquire()
        except Timeout:
            yield None
            return
        except OSError as error:
            raise cannot_write(path, error) from error
        try:
            yield TrialFolder(path)
        finally:
            lock.release()

    def is_held(self, key: str) -> bool:
        """Whether another process runs the trial at this moment."""
        if not (self.trials / key / "lock").exists():
            return False
        with self.claim(key) as folder:
            return folder is None

    def _check_format(self) -> None:
        try:
            found = json.loads(self._marker.read_text()).get("format")
        except (ValueError, AttributeError, OSError) as error:
            raise UserError(
                f"{self._marker} is damaged, so it is not known which version of the harness made "
                f"{self.folder}. Choose another --out, or write "
                f"'{json.dumps({'format': FORMAT})}' into that file if this version did."
            ) from error
        if found != FORMAT:
            raise UserError(
                f"{self.folder} was made by another version of the harness (format {found}; this "
                f"version writes {FORMAT}). Choose another --out, or use that version."
            )

    @property
    def _marker(self) -> Path:
        return self.folder / "store.json"


class TrialFolder:
    """The folder of one trial. Who writes into it holds the trial by `Store.claim`."""

    def __init__(self, path: Path):
        self._record = path / "record.json"
        self._events = path / "events.jsonl"
        self._checkpoint = path / "checkpoint"

    def read(self) -> Record | None:
        """The trial's record; see `Store.read`."""
        try:
            return Record.from_json(self._record.read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, OSError):
            log.warning(
                "%s is cut off or no record of this version: "
                "it counts as not finished, and the same `run` does the trial again.",
                self._record,
            )
            return None

    def events(self) -> list[Event]:
        """The events so far; see `Store.events`."""
        return [event for event in self._lines() if event is not None]

    def _lines(self) -> list[Event | None]:
        """One entry per line, None for one that is cut off or damaged."""
        try:
            lines = self._events.read_text(encoding="utf-8", errors="replace").splitlines()
        except OSError:
            return []
        events: list[Event | None] = []
        for line in lines:
            try:
                events.append(Event.from_json(line))
            except ValueError:
                events.append(None)
        return events

    def begin(self) -> Checkpoint | None:
        """Start a search, or go on with it: what it noted since its checkpoint is gone.

        Returns:
            Where an earlier process saved the search, or None where it starts anew.
        """
        for half_written in self._record.parent.glob(".*.tmp"):
            half_written.unlink(missing_ok=True)
        noted = self._lines()

        def fits(found: Checkpoint) -> bool:
            return found.events <= len(noted) and None not in noted[: found.events]

        saved = checkpoint.read(self._checkpoint, fits)
        kept = [event for event in noted[: saved.events] if event] if saved else []
        write_bytes(self._events, "".join(f"{event.to_json()}\n" for event in kept).encode())
        return saved

    def save(self, saved: Checkpoint) -> None:
        """Keep what the search needs to go on from here.

        Raises:
            UserError: the disk is full, or the folder cannot be written.
        """
        self._settle_events()
        checkpoint.write(self._checkpoint, saved)

    def _settle_events(self) -> None:
        """Have the events on the disk before a checkpoint counts on them."""
        try:
            with self._events.open("rb") as file:
                os.fsync(file.fileno())
        except FileNotFoundError:
            return  # a search that saves before it notes anything
        except OSError as error:
            raise cannot_write(self._events, error) from error

    def note(self, event: Event) -> None:
        """Add one event of the search.

        Raises:
            UserError: the disk is full, or the folder cannot be written.
        """
        try:
            with self._events.open("a", encoding="utf-8") as file:
                file.write(event.to_json() + "\n")
        except OSError as error:
            raise cannot_write(self._events, error) from error

    def finish(self, record: Record) -> None:
        """Write the trial's record, which ends it.

        Raises:
            UserError: the disk is full, or the folder cannot be written.
        """
        write_bytes(self._record, record.to_json())
        if record.state in ("done", "diverged"):  # after any other end, --retry goes on from it
            checkpoint.remove(self._checkpoint)
