"""Errors that the user can fix, reported in a sentence or two."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """An error that the user can fix: the message says what is wrong and what to do.

    The command line prints it without a traceback and exits with code 2.
    """


def suggestion(name: str, known: Iterable[str]) -> str:
    """Return " Did you mean 'X'?" for the known name closest to `name`, or '' if none is close."""
    by_lower_case = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower_case), n=1, cutoff=0.5)
    return f" Did you mean '{by_lower_case[close[0]]}'?" if close else ""


def unknown(kind: str, name: str, known: Iterable[str]) -> UserError:
    """Return the error for an unknown name, with the closest known name and the whole list."""
    known = sorted(known)
    return UserError(
        f"Unknown {kind} '{name}'.{suggestion(name, known)} Known: {', '.join(known) or 'none'}."
    )
