"""Ground truth on disk: what tables say about the architectures that searches found.

    ground_truth/chosen.json           the tables that runs asked for last, by space and dataset
    ground_truth/SHA256/table.json     the description of a table, sealed
    ground_truth/SHA256/answers.jsonl  one sealed line per architecture
    ground_truth/lock                  held while a process writes

`run` writes them and alone opens tables; whatever reads results reads only these files.
"""

import logging
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock

from benchmarks.errors import UserError
from benchmarks.files.atomic import cannot_write, write_bytes
from harness.storage.sealed import read_sealed, write_sealed
from harness.trials.ground_truth import Answer, AnsweringTable

_SHOWN_DIGITS = 8
_DAMAGED = "%s is damaged, so accuracies may be missing: the same `run` writes it again."

log = logging.getLogger("harness")


class AnswerStore:
    """The folder of the answers about a folder of trials."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._chosen = folder / "chosen.json"

    def keep(self, table: AnsweringTable) -> None:
        """Store the description of a table.

        Raises:
            UserError: the folder cannot be written.
        """
        with self._held():
            if self.table(table.identity.sha256) is None:
                path = self._of(table.identity.sha256) / "table.json"
                write_bytes(path, write_sealed(table, indent=1))

    def choose(self, space: str, dataset: str, sha256: str) -> None:
        """Make a table the ground truth of searches of a space on a dataset.

        Raises:
            UserError: the folder cannot be written.
        """
        with self._held():
            chosen = self._read_chosen()
            if chosen.get(space, {}).get(dataset) != sha256:
                chosen.setdefault(space, {})[dataset] = sha256
                write_bytes(self._chosen, write_sealed(chosen, indent=1))

    def chosen(self, space: str, dataset: str) -> str | None:
        """Return the SHA-256 of the table chosen for searches of a space on a dataset."""
        return self._read_chosen().get(space, {}).get(dataset)

    def table(self, sha256: str) -> AnsweringTable | None:
        """Return the description of a table, or None where it is missing or damaged."""
        path = self._of(sha256) / "table.json"
        try:
            return read_sealed(AnsweringTable, path.read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, OSError):
            log.warning(_DAMAGED, path)
            return None

    def tables(self) -> list[AnsweringTable]:
        """Return the descriptions of all tables that have answered, sorted by name."""
        folders = self.folder.iterdir() if self.folder.is_dir() else ()
        found = (self.table(folder.name) for folder in folders if folder.is_dir())
        return sorted(
            (each for each in found if each is not None),
            key=lambda each: (each.identity.name, each.identity.sha256),
        )

    def find(self, name: str) -> AnsweringTable:
        """Return the table of that name, or also of digits of its SHA-256: NAME@1a2b3c4d.

        Raises:
            UserError: none or several have answered.
        """
        tables = self.tables()
        found = [each for each in tables if _is_named(each, name)]
        if len(found) == 1:
            return found[0]
        if found:
            shown = ", ".join(
                f"{each.identity.name}@{each.identity.sha256[:_SHOWN_DIGITS]}" for each in found
            )
            raise UserError(f"Several tables named {name} answered here; choose one: {shown}.")
        known = ", ".join(dict.fromkeys(each.identity.name for each in tables)) or "none"
        raise UserError(
            f"{self.folder.parent} has no accuracies of the table {name}; it has those of: "
            f"{known}. The same `run` with --table {name.partition('@')[0]} adds them."
        )

    def answers(self, sha256: str) -> dict[str, Answer]:
        """Return a table's answers by architecture; damaged lines are skipped."""
        try:
            lines = (self._of(sha256) / "answers.jsonl").read_bytes().splitlines()
        except OSError:
            return {}
        answers = {}
        for line in lines:
            try:
                answer = read_sealed(Answer, line)
            except ValueError:
                continue
            answers[answer.architecture] = answer
        return answers

    def add(self, sha256: str, answers: Iterable[Answer]) -> None:
        """Append answers of a table.

        Raises:
            UserError: the disk is full, or the folder cannot be written.
        """
        path = self._of(sha256) / "answers.jsonl"
        content = b"".join(map(write_sealed, answers))
        with self._held():
            try:
                with path.open("a+b") as file:
                    # Whoever wrote last may have been killed in the middle of a line.
                    if file.tell() and not _ends_a_line(file):
                        content = b"\n" + content
                    file.write(content)
            except OSError as error:
                raise cannot_write(path, error) from error

    def _of(self, sha256: str) -> Path:
        return self.folder / sha256

    def _read_chosen(self) -> dict[str, dict[str, str]]:
        try:
            return read_sealed(dict[str, dict[str, str]], self._chosen.read_bytes())
        except FileNotFoundError:
            return {}
        except (ValueError, OSError):
            log.warning(_DAMAGED, self._chosen)
            return {}

    @contextmanager
    def _held(self) -> Iterator[None]:
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = FileLock(self.folder / "lock")
            lock.acquire()
        except OSError as error:
            raise cannot_write(self.folder, error) from error
        try:
            yield
        finally:
            lock.release()


def _is_named(table: AnsweringTable, name: str) -> bool:
    name, _, digits = name.partition("@")
    return name in ("", table.identity.name) and table.identity.sha256.startswith(digits)


def _ends_a_line(file) -> bool:
    file.seek(-1, 2)
    return file.read(1) == b"\n"
