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
    """Delay Ctrl-C until the end of the block; a process started in it never receives any."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    # The first process that is started brings Python's resource tracker with it, whose start lets
    # signals through again.
    resource_tracker.ensure_running()
    # The mask is that of this thread, and new processes inherit it. A signal that reaches another
    # thread is handled in the main one all the same, hence the handler.
    with _noted() as interrupts:
        earlier = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
        try:
            yield
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, earlier)
    if interrupts:
        signal.raise_signal(signal.SIGINT)


@contextmanager
def _noted() -> Iterator[list[int]]:
    """Yield a list of the interrupts in the block, which have no other effect."""
    noted: list[int] = []
    if threading.current_thread() is not threading.main_thread():
        yield noted
        return
    earlier = signal.signal(signal.SIGINT, lambda number, frame: noted.append(number))
    try:
        yield noted
    finally:
        signal.signal(signal.SIGINT, earlier)


def _set(handler: Any) -> None:
    # Python lets only the main thread choose; a notebook may run this in another one.
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, handler)
