"""`check-method`: check a method against the contract that every method must satisfy."""

from argparse import Namespace

from harness.commands.command import Command
from harness.commands.exit_code import ExitCode
from harness.commands.option import Option
from harness.commands.shared_options import PLUGIN


def check_method(options: Namespace) -> ExitCode:
    """Print one line per check; FAILURE if one is not met."""
    from harness.contract import checks
    from harness.planning import plugins
    from methods import METHODS

    plugins.load(options.plugins)
    METHODS.check(options.name)
    is_broken = False
    for name, problem in checks.run_checks(METHODS[options.name]):
        print(f"{name}: {problem or 'yes'}")
        is_broken |= problem is not None
    return ExitCode.FAILURE if is_broken else ExitCode.SUCCESS


COMMAND = Command(
    "check-method",
    "check in seconds whether a method satisfies the contract of methods",
    check_method,
    (Option("name", "name of the method", "NAME", required=True), PLUGIN),
)
