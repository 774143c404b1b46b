"""One option of a command, spelled once.

The parser is built from options; tests compare the Python interface and the documents with them.
"""

from argparse import ArgumentParser, Namespace
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Option:
    """An option of a command, or a positional argument if its name has no dashes."""

    name: str
    """As typed: `--methods`."""
    help: str
    metavar: str = ""
    """What stands for the value in help texts; a switch has none."""
    default: Any = None
    """Also the default of the Python parameter. True or False makes a switch that inverts it."""
    default_text: str = ""
    """What None means, for help texts."""
    type: Callable[[str], Any] = str
    choices: tuple[str, ...] = ()
    required: bool = False
    repeated: bool = False
    """Whether it may be given several times; the values are a list."""
    python_name: str = ""
    """Name of the Python parameter if it differs."""

    @property
    def is_positional(self) -> bool:
        """Whether it is named by its place."""
        return not self.name.startswith("-")

    @property
    def is_switch(self) -> bool:
        """Whether it takes no value."""
        return isinstance(self.default, bool)

    @property
    def parameter(self) -> str:
        """Name of the Python parameter, and of the attribute of the parsed options."""
        return self.python_name or self.name.removeprefix("--").replace("-", "_")

    @property
    def usage(self) -> str:
        """The option as typed, with its metavar."""
        return self.metavar if self.is_positional else f"{self.name} {self.metavar}".rstrip()

    @property
    def shown_default(self) -> str:
        """The default in help texts; empty if there is none to speak of."""
        return self.default_text or (
            "" if self.is_switch or not self.default else str(self.default)
        )

    def add_to(self, parser: ArgumentParser) -> None:
        """Let a parser accept it."""
        arguments: dict[str, Any] = {"help": self._parser_help()}
        if self.is_switch:
            arguments["action"] = "store_false" if self.default else "store_true"
        else:
            arguments |= {"metavar": self.metavar, "type": self.type, "default": self.default}
        if self.choices:
            arguments["choices"] = self.choices
        if self.repeated:
            arguments |= {"action": "append", "default": []}
        if not self.is_positional:
            arguments |= {"dest": self.parameter, "required": self.required}
        elif not self.required:
            arguments["nargs"] = "?"
        parser.add_argument(self.name, **arguments)

    def _parser_help(self) -> str:
        notes = []
        if self.repeated:
            notes.append("may be repeated")
        if self.shown_default:
            notes.append(f"default: {self.shown_default}")
        return f"{self.help} ({'; '.join(notes)})" if notes else self.help


def values(parsed: Namespace, options: Iterable[Option]) -> dict[str, Any]:
    """Return the parsed values of some options, by Python parameter."""
    return {option.parameter: getattr(parsed, option.parameter) for option in options}
