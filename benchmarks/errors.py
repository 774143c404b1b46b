"""What a user can mend, said in one sentence."""

import difflib
from collections.abc import Iterable


class UserError(Exception):
    """A mistake that the user can mend: the text says what is wrong and what to do.

    The command line prints it without a traceback and exits with code 2.
    """


def suggestion(name: str, known: Iterable[str]) -> str:
    """' Did you mean X?' for the known name closest to `name`, or '' where none is close."""
    by_lower_case = {each.lower(): each for each in known}
    close = difflib.get_close_matches(name.lower(), list(by_lower_case), n=1, cutoff=0.5)
    return f" Did you mean '{by_lower_case[close[0]]}'?" if close else ""


def unknown(kind: str, name: str, known: Iterable[str]) -> UserError:
    """The error for a name that does not exist, with the closest one and the whole list."""
    known = sorted(known)
    return UserError(
        f"Unknown {kind} '{name}'.{suggestion(name, known)} Known: {', '.join(known) or 'none'}."
    )
