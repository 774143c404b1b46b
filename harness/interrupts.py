"""What Ctrl-C does, at each stage of a command.

A KeyboardInterrupt that is raised while other people's modules are imported may be swallowed by
them, so until there is something to lose, Ctrl-C ends the process at once.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager


def end_at_once() -> None:
    """From now on Ctrl-C ends the process, as it ends one that is not Python."""
    _set(signal.SIG_DFL)


def raise_keyboard_interrupt() -> None:
    """From now on Ctrl-C raises KeyboardInterrupt, for what has to be put in order."""
    _set(signal.default_int_handler)


@contextmanager
def ignored() -> Iterator[None]:
    """Ignore Ctrl-C; a process that is started meanwhile ignores it all its life."""
    earlier = signal.getsignal(signal.SIGINT)
    _set(signal.SIG_IGN)
    try:
        yield
    finally:
        _set(earlier)


def _set(handler) -> None:
    # Python lets only the main thread choose; a notebook may run this in another one.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)
