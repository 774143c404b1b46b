"""Search methods, by name: those of the harness, of installed packages, and of plug-ins."""

import hashlib
import inspect
from functools import cache
from importlib import metadata
from pathlib import Path
from typing import TypeVar

from benchmarks.errors import UserError
from benchmarks.registry import Registry
from methods.method import Method

METHODS: Registry[type[Method]] = Registry(
    "method",
    {
        "darts-1st": "methods.darts:FirstOrderDarts",
        "darts-2nd": "methods.darts:SecondOrderDarts",
        "pc-darts": "methods.pc_darts:PcDarts",
        "rf-darts": "methods.rf_darts:RfDarts",
        "rf-pcdarts": "methods.rf_pcdarts:RfPcDarts",
        "asap": "methods.asap:Asap",
        "random-search": "methods.random_search:RandomSearch",
        "random-ws": "methods.random_weight_sharing:RandomWeightSharing",
        "random": "methods.random_architecture:RandomArchitecture",
    },
)

ALL = (
    "darts-1st",
    "darts-2nd",
    "pc-darts",
    "rf-darts",
    "rf-pcdarts",
    "asap",
    "random-search",
)
"""Meaning of `--methods all`, as far as registered."""

BASELINES = ("random-ws", "random")
"""What a search has to beat; named explicitly."""

ENTRY_POINTS = "nas_harness.methods"
"""Group in which an installed package announces methods: name = "module:Class"."""

M = TypeVar("M", bound=type)


def register(method: M) -> M:
    """Register a class as a method under its `name`; the decorator of a plug-in.

    Raises:
        UserError: the name is taken, or the class lacks a name or a version.
    """
    name, version = getattr(method, "name", None), getattr(method, "version", None)
    if not (isinstance(name, str) and isinstance(version, str)):
        raise UserError(f"{method.__qualname__} needs a `name` and a `version`, both strings.")
    if name in METHODS:
        raise UserError(f"A method '{name}' is already registered; give yours another name.")
    METHODS.add(name, f"{method.__module__}:{method.__qualname__}")
    return method


@cache
def version_of(method: type[Method]) -> str:
    """Return the version that tells results of a method's states apart.

    A method of the harness has its `version`. One from elsewhere has beside it a hash of its file,
    of the files of the classes that it inherits from, and of the loop, where it runs in it. Other
    modules that it imports are not covered.
    """
    package = Path(__file__).parent
    if method.__module__.startswith(f"{__name__}."):
        return method.version
    files = {Path(inspect.getfile(each)) for each in method.__mro__ if each is not object}
    if any(package in file.parents for file in files):
        files |= set((package / "differentiable").glob("*.py"))
    digest = hashlib.sha256()
    for content in sorted(file.read_bytes() for file in files if file.suffix == ".py"):
        digest.update(content)
    return f"{method.version}+{digest.hexdigest()[:8]}"


for _point in metadata.entry_points(group=ENTRY_POINTS):
    if _point.name not in METHODS:  # a name of the harness stays what it is
        METHODS.add(_point.name, _point.value)
