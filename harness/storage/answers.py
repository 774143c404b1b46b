"""Ground truth on disk: values of the architectures found, from tables or trainings.

    ground_truth/used.json             the ground truths of runs, by space and search dataset
    ground_truth/SHA256/card.json      the card of a table or of trainings, sealed
    ground_truth/SHA256/answers.jsonl  one sealed line per architecture
    ground_truth/lock                  held while a process writes

Only `run` opens tables and writes these files; everything that reads results reads them instead.
"""

import logging
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, TypeVar

from filelock import FileLock

from benchmarks.files.atomic import cannot_write, write_bytes
from harness.storage.earlier_names import with_current_names
from harness.storage.sealed import read_content, read_sealed, unseal, write_sealed
from harness.trials.ground_truth import Answer, GroundTruthCard

_DAMAGED = "%s is damaged, so values may be missing: the same `run` writes it again."

Kind = TypeVar("Kind")

log = logging.getLogger("harness")


class AnswerStore:
    """The folder of the answers about a folder of trials."""

    def __init__(self, folder: Path):
        self.folder = folder
        self._used = folder / "used.json"

    def use(
        self, space: str, dataset: str, card: GroundTruthCard, *, is_default: bool = True
    ) -> None:
        """Note what gives the ground truth of searches of a space on a dataset.

        Args:
            space: of the searches.
            dataset: that they search on.
            card: of the table or the trainings.
            is_default: whether results show it from now on, unless another one is named.

        Raises:
            UserError: the folder cannot be written.
        """
        sha256 = card.identity.sha256
        with self._held():
            if self.card(sha256) is None:
                write_bytes(self._of(sha256) / "card.json", write_sealed(card, indent=1))
            used = self._read_used()
            before = used.get(space, {}).get(dataset, [])
            now = list(before)
            if is_default:
                now = [*(each for each in before if each != sha256), sha256]
            elif sha256 not in before:
                now = [sha256, *before]
            if now != before:
                used.setdefault(space, {})[dataset] = now
                write_bytes(self._used, write_sealed(used, indent=1))

    def used(self, space: str, dataset: str) -> list[GroundTruthCard]:
        """Return what gives the ground truth of searches of a space on a dataset, default first."""
        hashes = self._read_used().get(space, {}).get(dataset, [])
        cards = (self.card(sha256) for sha256 in reversed(hashes))
        return [card for card in cards if card is not None]

    def card(self, sha256: str) -> GroundTruthCard | None:
        """Return a card, or None where it is missing or damaged."""
        path = self._of(sha256) / "card.json"
        try:
            return _read(GroundTruthCard, path.read_bytes())
        except FileNotFoundError:
            return None
        except (ValueError, OSError):
            log.warning(_DAMAGED, path)
            return None

    def cards(self) -> list[GroundTruthCard]:
        """Return all cards, sorted by name."""
        folders = self.folder.iterdir() if self.folder.is_dir() else ()
        found = (self.card(folder.name) for folder in folders if folder.is_dir())
        return sorted(
            (each for each in found if each is not None),
            key=lambda each: (each.identity.name, each.identity.sha256),
        )

    def answers(self, sha256: str) -> dict[str, Answer]:
        """Return the answers of a ground truth by architecture; damaged lines are skipped."""
        try:
            lines = (self._of(sha256) / "answers.jsonl").read_bytes().splitlines()
        except OSError:
            return {}
        answers = {}
        for line in lines:
            try:
                answer = _read(Answer, line)
            except ValueError:
                continue
            answers[answer.architecture] = answer
        return answers

    def add(self, sha256: str, answers: Iterable[Answer]) -> None:
        """Append answers of a ground truth.

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

    def _read_used(self) -> dict[str, dict[str, list[str]]]:
        try:
            return read_sealed(dict[str, dict[str, list[str]]], self._used.read_bytes())
        except FileNotFoundError:
            return {}
        except (ValueError, OSError):
            log.warning(_DAMAGED, self._used)
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


def _read(kind: type[Kind], sealed: bytes) -> Kind:
    """Read what this version or an earlier one sealed; ValueError where it is damaged."""
    return read_content(kind, with_current_names(unseal(sealed.removesuffix(b"\n"))))


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read(1) == b"\n"
