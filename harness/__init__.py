"""The reference harness for differentiable neural architecture search.

`run`, `results`, `history` and `report` do in Python what the commands of `python -m harness` do.
"""

from benchmarks.errors import UserError
from harness.api import history, report, results, run

__all__ = ["UserError", "history", "report", "results", "run"]
