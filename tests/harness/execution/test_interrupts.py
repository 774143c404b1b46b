"""Ctrl-C is delayed while a process starts, whichever thread receives it."""

import signal
import threading

import pytest

from harness.execution import interrupts


@pytest.fixture(autouse=True)
def raises():
    earlier = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, earlier)


def to_this_thread():
    signal.raise_signal(signal.SIGINT)


def to_another_thread():
    """As the kernel does where this thread blocks the signal and another does not."""
    is_open = threading.Event()

    def receive():
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGINT})
        is_open.set()
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    thread = threading.Thread(target=receive)
    thread.start()
    is_open.wait()
    thread.join()


@pytest.mark.parametrize("interrupt", [to_this_thread, to_another_thread])
def test_it_is_raised_at_the_end(interrupt):
    reached = []

    def interrupted():
        with interrupts.held_back():
            interrupt()
            reached.append("the end")

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert reached == ["the end"]


def test_without_one_nothing_happens():
    with interrupts.held_back():
        pass
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
