"""A registry of objects by name, each a 'module:attribute' that is imported on first use."""

import importlib
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Generic, TypeVar, cast

from benchmarks.errors import unknown

Entry = TypeVar("Entry")


class Registry(Generic[Entry]):
    """Entries of one kind (methods, spaces, ...) by name, each imported on first use.

    Listing the names imports nothing, so the command line starts quickly.
    """

    def __init__(self, kind: str, targets: dict[str, str]):
        self.kind = kind
        self._targets = dict(targets)

    def __iter__(self) -> Iterator[str]:
        return iter(self._targets)

    def __contains__(self, name: str) -> bool:
        return name in self._targets

    def __getitem__(self, name: str) -> Entry:
        """Import the entry of that name.

        Raises:
            UserError: the name is not registered.
        """
        self.check(name)
        module, attribute = self._targets[name].split(":")
        return cast(Entry, getattr(importlib.import_module(module), attribute))

    def check(self, name: str) -> None:
        """Raise `UserError`, with the closest known name, unless `name` is registered."""
        if name not in self._targets:
            raise unknown(self.kind, name, self._targets)

    def add(self, name: str, target: str) -> None:
        """Register 'module:attribute' under a new name.

        Raises:
            ValueError: the name is already registered.
        """
        if name in self._targets:
            raise ValueError(f"{self.kind} '{name}' is already registered as {self._targets[name]}")
        self._targets[name] = target

    @contextmanager
    def overridden(self, name: str, target: str) -> Iterator[None]:
        """Register 'module:attribute' under a name for the duration of a `with` block.

        An entry of that name is replaced; tests put a method of their own in its place.
        """
        before = self._targets
        self._targets = {**before, name: target}
        try:
            yield
        finally:
            self._targets = before
