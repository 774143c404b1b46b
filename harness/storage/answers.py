"""Ground truth on disk: what tables, or trainings, say about the architectures that were found.

    ground_truth/asked.json            which tables runs asked for, by space and search dataset
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

from benchmarks.files.atomic import cannot_write, write_bytes
from harness.storage.sealed import read_sealed, write_sealed
from harness.trials.ground_truth import Answer, AnsweringTable

_DAMAGED = "%s is damaged, so accuracies may be missing: the same `run` writes it again."

log = logging.getLogger("harness")


class AnswerStore:
    """The folder of the answers about a folder of trials."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._asked = folder / "asked.json"

    def ask(
        self, space: str, dataset: str, table: AnsweringTable, *, is_default: bool = True
    ) -> None:
        """Note that a table gives the ground truth of searches of a space on a dataset.

        Args:
            space: of the searches.
            dataset: that they search on.
            table: what gives the ground truth.
            is_default: whether results show it from now on, unless another one is named.

        Raises:
            UserError: the folder cannot be written.
        """
        sha256 = table.identity.sha256
        with self._held():
            if self.table(sha256) is None:
                write_bytes(self._of(sha256) / "table.json", write_sealed(table, indent=1))
            asked = self._read_asked()
            before = asked.get(space, {}).get(dataset, [])
            now = list(before)
            if is_default:
                now = [*(each for each in before if each != sha256), sha256]
            elif sha256 not in before:
                now = [sha256, *before]
            if now != before:
                asked.setdefault(space, {})[dataset] = now
                write_bytes(self._asked, write_sealed(asked, indent=1))

    def asked(self, space: str, dataset: str) -> list[AnsweringTable]:
        """Return what gives the ground truth of searches of a space on a dataset, default first."""
        hashes = self._read_asked().get(space, {}).get(dataset, [])
        tables = (self.table(sha256) for sha256 in reversed(hashes))
        return [table for table in tables if table is not None]

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

    def _read_asked(self) -> dict[str, dict[str, list[str]]]:
        try:
            return read_sealed(dict[str, dict[str, list[str]]], self._asked.read_bytes())
        except FileNotFoundError:
            return {}
        except (ValueError, OSError):
            log.warning(_DAMAGED, self._asked)
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


def _ends_a_line(file) -> bool:
    file.seek(-1, 2)
    return file.read(1) == b"\n"
