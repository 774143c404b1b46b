"""Plug-ins: what the user adds to the registries by a Python file, images or a table.

An installed package announces its methods as entry points instead; see `methods`.
"""

import importlib.util
import sys
import traceback
from collections.abc import Iterable
from pathlib import Path

from benchmarks import datasets, tables
from benchmarks.datasets.image_file import read_image_file
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from methods import METHODS

_loaded: dict[Path, str] = {}


def load(paths: Iterable[Path]) -> None:
    """Register the contents of files, each once in a process.

    A Python file registers methods, datasets or spaces; an `.npz` file of images is a dataset named
    after the file, and a `.parquet` file is a table.

    Raises:
        UserError: a file is missing, cannot be read or run, or registers nothing.
    """
    for path in paths:
        path = path.expanduser().resolve()
        if path not in _loaded:
            _loaded[path] = _LOADERS.get(path.suffix, _run)(path)


def name_of(path: Path) -> str:
    """Load a file of images or a table; return the name of its dataset or table."""
    load([path])
    return _loaded[path.expanduser().resolve()]


def _images(path: Path) -> str:
    images = read_image_file(path)
    try:
        return datasets.register(
            datasets.Dataset(path.stem, images.classes, images.side, file=path)
        ).name
    except ValueError as error:
        raise UserError(f"{path}: {error}; rename the file.") from error


def _table(path: Path) -> str:
    return tables.register_table(path).name


def _run(path: Path) -> str:
    """Import a file as a module under a unique name; return that name."""
    if path.suffix != ".py" or not path.is_file():
        raise UserError(f"--plugin {path} is not a Python file.")
    name = f"nas_harness_plugin_{len(_loaded)}_{path.stem}"
    specification = importlib.util.spec_from_file_location(name, path)
    assert specification is not None  # a file that ends in .py always has a loader
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    sys.modules[name] = module
    known = _registered()
    try:
        specification.loader.exec_module(module)
    except UserError:
        raise
    except Exception as error:  # the user's file may raise anything
        lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__)
                 if frame.filename == str(path)]  # fmt: skip
        where = f", line {lines[-1]}" if lines else ""
        raise UserError(
            f"--plugin {path}{where}: {type(error).__name__}: {error}. Fix it and run it again."
        ) from error
    if _registered() == known:
        raise UserError(
            f"--plugin {path} registers nothing: put `@register` from `methods` before a method's "
            "class, or call `register` from `benchmarks.datasets` or `SPACES.add`."
        )
    return name


def _registered() -> set[tuple[str, str]]:
    kinds = {"method": METHODS, "dataset": datasets.DATASETS, "space": SPACES}
    return {(kind, name) for kind, names in kinds.items() for name in names}


_LOADERS = {".npz": _images, ".parquet": _table}
