"""A registry of lazily imported parts: a name stands for 'module:attribute' until it is used."""

import importlib
from collections.abc import Iterator
from typing import Generic, TypeVar, cast

from benchmarks.errors import unknown

Part = TypeVar("Part")


class Registry(Generic[Part]):
    """Names of one kind of part (methods, spaces, ...), each imported when it is first asked for.

    Listing names imports nothing, so the command line can offer them at once.
    """

    def __init__(self, kind: str, parts: dict[str, str]):
        self.kind = kind
        self._parts = dict(parts)

    def __iter__(self) -> Iterator[str]:
        return iter(self._parts)

    def __contains__(self, name: str) -> bool:
        return name in self._parts

    def __getitem__(self, name: str) -> Part:
        """The part of that name.

        Raises:
            UserError: no part has that name.
        """
        self.check(name)
        module, attribute = self._parts[name].split(":")
        return cast(Part, getattr(importlib.import_module(module), attribute))

    def check(self, name: str) -> None:
        """Raise the user's error, with the closest known name, unless `name` is registered."""
        if name not in self._parts:
            raise unknown(self.kind, name, self._parts)

    def add(self, name: str, target: str) -> None:
        """Register 'module:attribute' under a new name; a name that is taken is an error."""
        if name in self._parts:
            raise ValueError(f"{self.kind} '{name}' is already registered as {self._parts[name]}")
        self._parts[name] = target
