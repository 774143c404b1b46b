"""`python -m harness`."""

import signal
import sys

if __name__ == "__main__":
    # Before anything else is imported: see `harness.execution.interrupts`.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from harness.commands.command_line import main

    sys.exit(main())
