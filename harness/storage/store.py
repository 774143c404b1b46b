"""Trials on disk: a folder per trial, whose record exists whole or not at all.

    OUT/store.json               the format of the folder
    OUT/ground_truth/            values of the architectures found; see `answers`
    OUT/trials/KEY/lock          held by the process that runs the trial
    OUT/trials/KEY/events.jsonl  one sealed line per event of the search, as it happens
    OUT/trials/KEY/checkpoint    from which the search resumes after a kill; removed with its result
    OUT/trials/KEY/record.json   the result, sealed; a trial that has one is finished

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
from harness.storage.answers import AnswerStore
from harness.storage.checkpoint import read_checkpoint, remove_checkpoints, write_checkpoint
from harness.storage.sealed import read_sealed, write_sealed
from harness.trials.notebook import Checkpoint
from harness.trials.record import Event, Record, SearchRecord, TrainRecord

FORMAT = 3
EARLIER_FORMATS = (1, 2)
"""Formats that `harness.storage.earlier_formats` reads."""

log = logging.getLogger("harness")


class Store:
    """A folder of trials."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.trials = folder / "trials"
        self.ground_truth = AnswerStore(folder / "ground_truth")

    @classmethod
    def create(cls, folder: Path) -> "Store":
        """Open a folder of trials to write to, creating it if necessary.

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
        """Open a folder that a run would write to, which need not exist.

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
            UserError: it is not one, or another version of the harness made it.
        """
        store = cls(folder)
        store._check_format()
        return store

    def read(self, key: str) -> Record | None:
        """Return the record of a trial, or None where it is not finished.

        A damaged record, or one of another version, counts as not finished, with a warning.
        """
        return TrialFolder(self.trials / key).read()

    def records(self) -> list[Record]:
        """Return the records of all finished trials, in the order of their keys."""
        if not self.trials.is_dir():
            return []
        folders = sorted(path for path in self.trials.iterdir() if path.is_dir())
        records = (TrialFolder(path).read() for path in folders)
        return [record for record in records if record is not None]

    def events(self, key: str) -> list[Event]:
        """Return the events of a trial's search; damaged lines are skipped."""
        return TrialFolder(self.trials / key).events()

    @contextmanager
    def claim(self, key: str) -> Iterator["TrialFolder | None"]:
        """Hold a trial and yield its folder, or None where another process holds it.

        The operating system releases the claim when its holder dies, however it dies.

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

    def found_format(self) -> int | None:
        """Return the format of the folder; UserError where that is unknown."""
        try:
            return json.loads(self._marker.read_text()).get("format")
        except FileNotFoundError as error:
            raise UserError(
                f"{self.folder} is not a results folder. "
                "Give the --out of an earlier `python -m harness run`."
            ) from error
        except (ValueError, AttributeError, OSError) as error:
            raise UserError(
                f"{self._marker} is damaged, so it is unknown which version of the harness made "
                f"{self.folder}. Choose another --out, or, if it was this one, write "
                f"'{json.dumps({'format': FORMAT})}' into that file."
            ) from error

    def _check_format(self) -> None:
        found = self.found_format()
        if found in EARLIER_FORMATS:
            raise UserError(
                f"{self.folder} was made by an earlier version of the harness (format {found}). "
                f"Choose another --out; `python -m harness results {self.folder} --csv` still "
                "lists it."
            )
        if found != FORMAT:
            raise UserError(
                f"{self.folder} was made by another version of the harness (format {found}; this "
                f"version writes {FORMAT}). Choose another --out, or use that version."
            )

    @property
    def _marker(self) -> Path:
        return self.folder / "store.json"


class TrialFolder:
    """The folder of one trial; its writer holds the trial by `Store.claim`."""

    def __init__(self, path: Path):
        self._record = path / "record.json"
        self._events = path / "events.jsonl"
        self._checkpoint = path / "checkpoint"

    def read(self) -> Record | None:
        """Return the record; see `Store.read`."""
        try:
            record = _read_record(self._record.read_bytes())
            if not record.key == record.trial.key == self._record.parent.name:
                raise ValueError("the record of another trial")
            return record
        except FileNotFoundError:
            return None
        except (ValueError, OSError):
            log.warning(
                "%s is damaged, or the record of another trial or version: "
                "the trial counts as not finished, and the same `run` runs it again.",
                self._record,
            )
            return None

    def events(self) -> list[Event]:
        """Return the events so far; see `Store.events`."""
        return [event for event in self._lines() if event is not None]

    def _lines(self) -> list[Event | None]:
        """Return one entry per line, None for a damaged one."""
        try:
            lines = self._events.read_bytes().splitlines()
        except OSError:
            return []
        events: list[Event | None] = []
        for line in lines:
            try:
                events.append(read_sealed(Event, line))
            except ValueError:
                events.append(None)
        return events

    def begin(self) -> Checkpoint | None:
        """Start a search or resume it, dropping the events noted after its checkpoint.

        Returns:
            The checkpoint to resume from, or None for a fresh start.
        """
        for half_written in self._record.parent.glob(".*.tmp"):
            half_written.unlink(missing_ok=True)
        noted = self._lines()

        def fits(found: Checkpoint) -> bool:
            return found.events <= len(noted) and None not in noted[: found.events]

        saved = read_checkpoint(self._checkpoint, fits)
        kept = [event for event in noted[: saved.events] if event] if saved else []
        write_bytes(self._events, b"".join(map(write_sealed, kept)))
        return saved

    def save(self, saved: Checkpoint) -> None:
        """Keep a checkpoint.

        Raises:
            UserError: the disk is full, or the folder cannot be written.
        """
        self._settle_events()
        write_checkpoint(self._checkpoint, saved)

    def _settle_events(self) -> None:
        """Flush the events to disk before a checkpoint relies on them."""
        try:
            with self._events.open("rb") as file:
                os.fsync(file.fileno())
        except FileNotFoundError:
            return  # the search has noted nothing yet
        except OSError as error:
            raise cannot_write(self._events, error) from error

    def note(self, event: Event) -> None:
        """Append an event of the search.

        Raises:
            UserError: the disk is full, or the folder cannot be written.
        """
        try:
            with self._events.open("ab") as file:
                file.write(write_sealed(event))
        except OSError as error:
            raise cannot_write(self._events, error) from error

    def finish(self, record: Record) -> None:
        """Write the record, which finishes the trial.

        Raises:
            UserError: the disk is full, or the folder cannot be written.
        """
        # After any other end, --retry resumes from the checkpoint.
        supersedes_checkpoint = self._checkpoint.exists() and record.state in ("done", "diverged")
        write_bytes(self._record, write_sealed(record, indent=1), is_durable=supersedes_checkpoint)
        if supersedes_checkpoint:
            remove_checkpoints(self._checkpoint)


def _read_record(sealed: bytes) -> Record:
    """Read a record of either kind; ValueError where it is damaged, or of another version."""
    try:
        return read_sealed(SearchRecord, sealed)
    except ValueError:
        return read_sealed(TrainRecord, sealed)
