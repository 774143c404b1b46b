"""What can be named on the command line."""

from benchmarks.datasets import DATASETS
from benchmarks.spaces import SPACES
from harness.settings.lookup import protocols_of
from harness.settings.names import PROTOCOLS
from methods import ALL, BASELINES, METHODS, version_of


def list_names(what: str) -> list[dict[str, str]]:
    """Return rows with `name`, `description` and further fields of the kind."""
    return {
        "methods": _methods,
        "spaces": _spaces,
        "datasets": _datasets,
        "protocols": _protocols,
    }[what]()


def _methods() -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "description": _first_line(METHODS[name]) + _kind(name),
            "version": version_of(METHODS[name]),
            "protocols": ", ".join(_protocols_of(name)),
        }
        for name in METHODS
    ]


def _kind(name: str) -> str:
    if name in ALL:
        return ""
    return " (baseline)" if name in BASELINES else " (plug-in)"


def _spaces() -> list[dict[str, str]]:
    return [{"name": name, "description": _first_line(type(SPACES[name]))} for name in SPACES]


def _datasets() -> list[dict[str, str]]:
    return [
        {
            "name": each.name,
            "description": f"{each.classes} classes, {each.side} x {each.side} pixels",
        }
        for each in DATASETS.values()
    ]


def _protocols() -> list[dict[str, str]]:
    rows = []
    for name, description in PROTOCOLS.items():
        having = [method for method in METHODS if name in _protocols_of(method)]
        rows.append({"name": name, "description": description, "methods": ", ".join(having)})
    return rows


def _protocols_of(method: str) -> list[str]:
    """The protocols that a method has on any space."""
    having = {name for space in SPACES for name in protocols_of(METHODS[method], space)}
    return [name for name in PROTOCOLS if name in having]


def _first_line(documented: type) -> str:
    return (documented.__doc__ or "").strip().splitlines()[0]
