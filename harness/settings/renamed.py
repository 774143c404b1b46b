"""Options with a new name; the old name works for one release, with a hint."""

import functools
import logging
import warnings
from collections.abc import Callable, Iterable
from typing import ParamSpec, TypeVar

OPTIONS = {"truth": "table", "recorded": "reference"}
"""The new name by the old one, on the command line and in Python."""

REMOVED_IN = "0.2"

log = logging.getLogger("harness")

P = ParamSpec("P")
R = TypeVar("R")


def hint(old: str, new: str) -> str:
    """Return the sentence that tells a user of a new name."""
    return f"{old} is now {new}; the old name will be removed in {REMOVED_IN}."


def rename_arguments(arguments: Iterable[str]) -> list[str]:
    """Return the arguments of a command line with every old option renamed; log a hint for each."""
    renamed = {f"--{old}": f"--{new}" for old, new in OPTIONS.items()}
    current = []
    for argument in arguments:
        name, equals, value = argument.partition("=")
        if name in renamed:
            log.warning(hint(name, renamed[name]))
            argument = renamed[name] + equals + value
        current.append(argument)
    return current


def accept_old_keywords(function: Callable[P, R]) -> Callable[P, R]:
    """Let a function take old keywords as well; each gives a DeprecationWarning with the hint."""

    @functools.wraps(function)
    def call_with_new_keywords(*args: P.args, **kwargs: P.kwargs) -> R:
        for old in OPTIONS.keys() & kwargs.keys():
            new = OPTIONS[old]
            warnings.warn(hint(f"{old}=", f"{new}="), DeprecationWarning, stacklevel=2)
            kwargs[new] = kwargs.pop(old)
        return function(*args, **kwargs)

    return call_with_new_keywords
