"""The command line, sent a signal after a number of records: no clock and no polling.

    python -m tests.harness.signalled SIGKILL 40 run --methods random ...

Earlier records of the folder count. The signal goes to the process group, as Ctrl-C does, except
SIGKILL, which goes to this process alone. Start it in a session of its own.
"""

import os
import signal
import sys
from typing import Any

from harness.commands.command_line import main
from harness.terminal.progress import Progress


def send_after(records: int, name: str) -> None:
    """Send this process the signal of that name once so many records have been reported."""
    add, number, seen = Progress.add, signal.Signals[name], 0

    def adding(self: Progress, new: Any, *others: Any) -> None:
        nonlocal seen
        add(self, new, *others)
        before, seen = seen, seen + len(new)
        if before < records <= seen:
            if number == signal.SIGKILL:
                os.kill(os.getpid(), number)
            os.killpg(0, number)

    Progress.add = adding  # type: ignore[method-assign]


if __name__ == "__main__":
    send_after(int(sys.argv[2]), sys.argv[1])
    sys.exit(main(sys.argv[3:]))
