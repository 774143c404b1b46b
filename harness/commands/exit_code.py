"""What the exit code of a command says."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit code of every command."""

    SUCCESS = 0
    FAILURE = 1
    """A trial failed, a file is damaged, a contract is broken, or the guard found a regression."""
    USAGE_ERROR = 2
    INTERRUPTED = 130
