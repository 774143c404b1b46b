"""The protocols as data: `protocols/*.toml` with their inheritance resolved, value by value.

`protocols/README.md` describes the form of the files.
"""

import tomllib
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parent / "protocols"

_ABOUT_THE_TABLE = frozenset({"inherit", "values_of", "without", "source"})
_FOUND_IN_A_TEXT = ("read:", "recalled:")


@dataclass(frozen=True)
class SourcedValue:
    """A value and where it comes from."""

    value: Any
    """Where it differs between datasets, a table: the value by the dataset's name."""
    source: str
    """'read: FILE', 'recalled: ...', 'derived: ...' or 'chosen: ...'."""

    def on(self, dataset: str) -> Any:
        """The value for a search on a dataset; None where it has none for that dataset."""
        return self.value.get(dataset) if isinstance(self.value, dict) else self.value


Values = dict[str, SourcedValue]


def values(name: str) -> Values:
    """The values of a table by their keys, those that it inherits included.

    Raises:
        KeyError: there is no table of that name, or it inherits from one that does not exist.
        ValueError: a value has no source.
    """
    table = _find(name)
    if table is None:
        raise KeyError(f"there is no protocol table {name}")
    inherited: Values = {}
    for other in _list(table.get("values_of", ())):
        inherited |= {key: _found_in(table["source"], each) for key, each in values(other).items()}
    for other in _list(table.get("inherit", ())):
        inherited |= values(other)
    for key in table.get("without", ()):
        del inherited[key]
    own = {key: each for key, each in table.items() if key not in _ABOUT_THE_TABLE}
    return inherited | {key: _sourced(name, table, key, each) for key, each in own.items()}


def has(name: str) -> bool:
    """Whether there is a table of that name."""
    return _find(name) is not None


def names() -> list[str]:
    """The names of all tables, as GROUP.NAME.TABLE, inherited ones included."""
    return [
        f"{group}.{name}.{table}"
        for group in _groups()
        for name in _members(group)
        for table in _members(f"{group}.{name}")
    ]


def _list(one_or_more: str | Iterable[str]) -> Iterable[str]:
    return [one_or_more] if isinstance(one_or_more, str) else one_or_more


def _sourced(name: str, table: dict[str, Any], key: str, value: Any) -> SourcedValue:
    """A value as a table states it: with a source of its own, or with the table's."""
    if isinstance(value, dict) and "value" in value:
        return SourcedValue(value["value"], value["source"])
    if "source" not in table:
        raise ValueError(f"{key} of protocol table {name} has no source")
    return SourcedValue(value, table["source"])


def _found_in(source: str, inherited: SourcedValue) -> SourcedValue:
    """A value that was found in another source, too; what was chosen stays a choice."""
    was_found = inherited.source.startswith(_FOUND_IN_A_TEXT)
    return replace(inherited, source=source) if was_found else inherited


def _find(name: str) -> dict[str, Any] | None:
    """The table as it is written; looked for in the group that a group inherits from, too."""
    found: dict[str, Any] = _groups()
    parts = name.split(".")
    for place, part in enumerate(parts):
        if part in found:
            found = found[part]
        elif "inherit" in found:
            return _find(".".join([found["inherit"], *parts[place:]]))
        else:
            return None
    return found


def _members(name: str) -> list[str]:
    """What a group holds, or what is held under a name of it; first what it inherits."""
    found = _find(name) or {}
    inherited = _members(found["inherit"]) if "inherit" in found else []
    own = [key for key, each in found.items() if isinstance(each, dict)]
    return list(dict.fromkeys(inherited + own))


@cache
def _groups() -> dict[str, Any]:
    """The tables of all files: group, name, table."""
    groups: dict[str, Any] = {}
    for path in sorted(FOLDER.glob("*.toml")):
        for group, members in tomllib.loads(path.read_text()).items():
            known = groups.setdefault(group, {})
            for name, tables in members.items():
                if isinstance(tables, dict):
                    known.setdefault(name, {}).update(tables)
                else:
                    known[name] = tables
    return groups
