"""Methods of the user's own: a file that is given by `--plugin`.

A package that is installed announces its methods as entry points instead; see `methods`.
"""

import importlib.util
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from benchmarks.errors import UserError
from methods import METHODS

_loaded: dict[Path, str] = {}


def load(paths: Iterable[Path]) -> None:
    """Run plug-ins, which register their methods; one that this process has run is passed over.

    Raises:
        UserError: a file is missing, cannot be run, or registers no method.
    """
    for path in paths:
        path = path.expanduser().resolve()
        if path not in _loaded:
            _loaded[path] = _run(path)


def _run(path: Path) -> str:
    """Import a file as a module under a name of its own; return that name."""
    if path.suffix != ".py" or not path.is_file():
        raise UserError(f"--plugin {path}: there is no such Python file.")
    name = f"nas_harness_plugin_{len(_loaded)}_{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None  # a file that ends in .py always has a loader
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    known = set(METHODS)
    try:
        specification.loader.exec_module(module)
    except UserError:
        raise
    except Exception as error:  # whatever the user's file does
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)
                 if frame.filename == str(path)]  # fmt: skip
        where = f", line {lines[-1]}" if lines else ""
        raise UserError(
            f"--plugin {path}{where}: {type(error).__name__}: {error}. Mend it and run it again."
        ) from error
    if set(METHODS) == known:
        raise UserError(
            f"--plugin {path} registers no method: put `@register` from `methods` before its class."
        )
    return name
