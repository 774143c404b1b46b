"""What Ctrl-C does, at each stage of a command.

A KeyboardInterrupt that is raised while other people's modules are imported may be swallowed by
them, so until there is something to lose, Ctrl-C ends the process at once.
"""

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import resource_tracker
from typing import Any


def end_at_once() -> None:
    """From now on Ctrl-C ends the process, as it ends one that is not Python."""
    _set(signal.SIG_DFL)


@contextmanager
def raised() -> Iterator[None]:
    """Let Ctrl-C raise KeyboardInterrupt where it would end the process at once.

    Any other handler, such as that of a program that calls the harness, stays.
    """
    if signal.getsignal(signal.SIGINT) is not signal.SIG_DFL:
        yield
        return
    _set(signal.default_int_handler)
    try:
        yield
    finally:
        end_at_once()


@contextmanager
def held_back() -> Iterator[None]:
    """Hold Ctrl-C back until the end; a process that is started meanwhile never hears of it."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # The first process that is started brings Python's resource tracker with it, whose start lets
    # signals through again.
    resource_tracker.ensure_running()
    earlier = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, earlier)


def _set(handler: Any) -> None:
    # Python lets only the main thread choose; a notebook may run this in another one.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)
