"""JSON that reads well in a diff: what fits a line stands in one line."""

import json
from typing import Any

_WIDTH = 200


def text(value: Any, indent: int = 0, used: int = 0) -> str:
    """A value of dicts, lists, texts and numbers as JSON; floats read back with the same bits.

    A list of plain numbers stays in one line however long it is: it is one thing that moved or not.

    Args:
        value: what is written.
        indent: spaces before what stands within it.
        used: characters that stand before it in its line.
    """
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    is_leaf = not isinstance(value, dict | list) or not value or _is_numbers(value)
    if is_leaf or (len(flat) + indent + used <= _WIDTH and _is_flat(value)):
        return flat
    inner = indent + 1
    if isinstance(value, dict):
        keys = {name: json.dumps(name, ensure_ascii=False) + ": " for name in value}
        lines = [keys[name] + text(each, inner, len(keys[name])) for name, each in value.items()]
        opening, closing = "{}"
    else:
        lines = [text(each, inner) for each in value]
        opening, closing = "[]"
    body = ",\n".join(" " * inner + line for line in lines)
    return f"{opening}\n{body}\n{' ' * indent}{closing}"


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, int | float) for each in value)


def _is_flat(value: Any) -> bool:
    """Whether nothing in it holds anything but leaves, so that a line shows one thing."""
    values = value.values() if isinstance(value, dict) else value
    return not any(isinstance(each, dict | list) and each for each in values)
