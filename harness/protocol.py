"""Protocols: the value of every setting of a method, and where each value comes from.

`protocols/published.toml` holds the papers' values with their sources, `protocols/own.toml` those
of this harness. A method's settings class says which of them it reads.
"""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import MISSING, asdict, dataclass, fields
from functools import cache
from pathlib import Path
from typing import Any

from benchmarks.datasets import dataset as dataset_named
from benchmarks.errors import UserError, suggestion, unknown
from methods.method import Method

PROTOCOLS = {
    "common": "a fair comparison: every method under the same host values",
    "paper": "each method's published row: that publication's own code, split and epochs",
    "nats-bench": "the rows of NATS-Bench (TPAMI 2021)",
    "quick": "a machinery check in minutes on a CPU; says nothing about the papers",
}

MACHINERY_CHECKS = frozenset({"quick"})
"""Protocols whose numbers stand beside no published ones."""

_HOSTED = ("common", "quick")
"""What a method without protocols of its own takes over from its host."""

_TABLE = {"common": "common", "paper": "search", "nats-bench": "search_nats", "quick": "quick"}
_SPACE = {"nas-bench-201": "nb201"}
_METHOD = {"darts-1st": "darts_v1", "darts-2nd": "darts_v2"}


@dataclass(frozen=True)
class ResolvedSetting:
    """One value that a trial runs with."""

    name: str
    value: Any
    provenance: str
    """'read: SOURCE', 'recalled: ...', 'derived: ...', 'chosen: ...', or 'set by the user'."""


@dataclass(frozen=True)
class Protocol:
    """A method's settings under a protocol, every override applied."""

    name: str
    settings: Any
    """An instance of the method's settings class."""
    resolved: tuple[ResolvedSetting, ...]
    overrides: str
    """The user's overrides of this method's settings, as 'KEY=VALUE,...'; '' where there are none.
    Results under an override never share a table row with the protocol's own."""


def check(name: str) -> None:
    """Raise the user's error unless there is a protocol of that name."""
    if name not in PROTOCOLS:
        raise unknown("protocol", name, PROTOCOLS)


def parse_overrides(texts: Iterable[str]) -> dict[str, str]:
    """Read the `KEY=VALUE` of `--set`; UserError where one has another form."""
    overrides = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            raise UserError(f"--set {text} is not of the form KEY=VALUE.")
        overrides[key.strip()] = value.strip()
    return overrides


def check_overrides(overrides: Mapping[str, str], methods: Iterable[type[Method]]) -> None:
    """Raise the user's error for an override that none of the methods has as a setting."""
    known = {field.name for method in methods for field in fields(method.Settings)}
    for key in overrides:
        if key not in known:
            raise UserError(
                f"No selected method has a setting '{key}'.{suggestion(key, known)} "
                f"Settings here: {', '.join(sorted(known)) or 'none'}."
            )


def resolve(
    method: type[Method], space: str, dataset: str, name: str, overrides: Mapping[str, str]
) -> Protocol:
    """The method's settings under a protocol.

    Args:
        method: the method's class.
        space: name of the search space.
        dataset: name of the search dataset.
        name: of the protocol.
        overrides: the user's values by setting; those of other methods are passed over.

    Raises:
        UserError: the method has no such protocol on that space, or a value does not fit.
    """
    own_fields = {field.name: field for field in fields(method.Settings)}
    values, provenance = _table(method, space, dataset, name)
    resolved: dict[str, ResolvedSetting] = {}
    for name_of_setting, own in own_fields.items():
        key = own.metadata.get("protocol_key", "").format(dataset=dataset)
        if name_of_setting in overrides:
            value, source = overrides[name_of_setting], "set by the user"
        elif key in values:
            value, source = values[key], provenance[key]
        elif own.default is not MISSING:
            value, source = own.default, f"chosen: the default of {method.name}"
        else:
            raise UserError(
                f"Protocol {name} of {method.name} has no {key or name_of_setting} for a search on "
                f"{dataset}; give one with --set {name_of_setting}=VALUE."
            )
        resolved[name_of_setting] = ResolvedSetting(name_of_setting, value, source)
    settings = _validated(method, {each.name: each.value for each in resolved.values()})
    typed = asdict(settings)
    return Protocol(
        name=name,
        settings=settings,
        resolved=tuple(
            ResolvedSetting(each.name, typed[each.name], each.provenance)
            for each in resolved.values()
        ),
        overrides=",".join(f"{key}={typed[key]}" for key in sorted(overrides) if key in typed),
    )


def names_of(method: type[Method], space: str, dataset: str = "cifar10") -> list[str]:
    """The protocols that a method has for a search; all of them where it has no settings."""
    if not fields(method.Settings):
        return list(PROTOCOLS)
    key = _method_key(method)
    here = _tables().get(key, {}).get(_space_key(space), {})
    usable = _TABLE if key == _key_of(method.name) and space in _SPACE else _HOSTED
    return [name for name in usable if _table_name(name, dataset) in here]


def _table_name(protocol: str, dataset: str) -> str:
    """A few hundred images have tables of their own: the others' steps and sizes do not suit."""
    is_small = dataset_named(dataset).file is not None
    return _TABLE[protocol] + ("_small" if is_small else "")


def _table(
    method: type[Method], space: str, dataset: str, name: str
) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of a method's protocol and their provenance."""
    known = names_of(method, space, dataset)
    if name not in known:
        raise UserError(
            f"{method.name} has no protocol {name} for {dataset} on {space}. "
            f"It has: {', '.join(known) or 'none'}."
        )
    if not fields(method.Settings):
        return {}, {}
    return _follow(f"{_method_key(method)}.{_space_key(space)}.{_table_name(name, dataset)}")


def _space_key(space: str) -> str:
    """Under which name the tables have a space: a plug-in's takes the host's values."""
    return _SPACE.get(space, _SPACE["nas-bench-201"])


def _method_key(method: type[Method]) -> str:
    """Under which name the tables have a method: its own, or that of its host."""
    own, host = _key_of(method.name), getattr(method, "host", None)
    return own if own in _tables() or host is None else _key_of(host)


def _key_of(name: str) -> str:
    return _METHOD.get(name, name.replace("-", "_"))


def _follow(key: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The values of a table and the provenance of each, on top of those that it `use`s."""
    table: Any = _tables()
    for part in key.split("."):
        table = table[part]
    values, provenance = _follow(table["use"]) if "use" in table else ({}, {})
    own = {name: each for name, each in table.items() if name not in ("use", "provenance")}
    told = table.get("provenance", {})
    by_key = {name: told.get(name, told.get("default", "chosen")) for name in own}
    return values | own, provenance | by_key


@cache
def _tables() -> dict[str, Any]:
    folder = Path(__file__).parent / "protocols"
    tables = tomllib.loads((folder / "published.toml").read_text())
    for method, spaces in tomllib.loads((folder / "own.toml").read_text()).items():
        for space, protocols in spaces.items():
            tables[method][space].update(protocols)
    return tables


def _validated(method: type[Method], values: dict[str, Any]) -> Any:
    import pydantic

    try:
        return pydantic.TypeAdapter(method.Settings).validate_python(values)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        if first["loc"]:
            name = str(first["loc"][0])
            reason = f"{name}={values[name]} does not fit: {reason}"
        raise UserError(f"{method.name}: {reason}.") from error
