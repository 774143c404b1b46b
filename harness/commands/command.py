"""A command: its name, its options and the function that carries it out."""

import re
from argparse import ArgumentParser, Namespace
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from benchmarks.errors import UserError, suggestion
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option


@dataclass(frozen=True)
class Command:
    """One command."""

    name: str
    help: str
    run: Callable[[Namespace], ExitCode]
    """Takes the parsed options; imports what is heavy only when it is called."""
    options: tuple[Option, ...] = ()

    def add_to(self, subparsers: Any) -> None:
        """Let the command line accept it."""
        parser = subparsers.add_parser(self.name, help=self.help, description=_sentence(self.help))
        for option in self.options:
            option.add_to(parser)
        parser.set_defaults(run=self.run, parser=parser)


@dataclass(frozen=True)
class CommandGroup:
    """Commands that share their first word."""

    name: str
    help: str
    commands: tuple[Command, ...]

    def add_to(self, subparsers: Any) -> None:
        """Let the command line accept them."""
        parser = subparsers.add_parser(self.name, help=self.help, description=_sentence(self.help))
        actions = parser.add_subparsers(required=True, metavar="ACTION")
        for command in self.commands:
            command.add_to(actions)


class Parser(ArgumentParser):
    """Reports a usage error in one sentence, with the closest option or command.

    Its subparsers are of the same class.
    """

    def __init__(self, **arguments: Any):
        super().__init__(allow_abbrev=False, **arguments)

    def error(self, message: str) -> NoReturn:
        """Raise a usage error as a UserError."""
        known = [option for action in self._actions for option in action.option_strings]
        known += [name for action in self._actions for name in action.choices or ()]
        wrong = re.search(r"invalid choice: '(.*?)'|unrecognized arguments: (\S+)", message)
        hint = suggestion(wrong[1] or wrong[2], known) if wrong else ""
        raise UserError(f"{_sentence(message)}{hint} See `{self.prog} --help`.")


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
