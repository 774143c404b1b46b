"""The task on which methods are tested."""

from harness.contract.made_task import MadeTask, settings_of

__all__ = ["MadeTask", "settings_of"]
