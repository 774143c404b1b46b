"""JSON that reads well in a diff: what fits on a line stays on one line."""

import json
from typing import Any

_WIDTH = 200


def diffable_json(value: Any, indent: int = 0, used: int = 0) -> str:
    """Format dicts, lists, texts and numbers; floats read back bit for bit.

    A list of numbers stays on one line whatever its length, since it changes as one.

    Args:
        value: the content.
        indent: spaces before nested lines.
        used: characters before the value on its line.
    """
    flat = json.dumps(value, ensure_ascii=False, allow_nan=False)
    is_leaf = not isinstance(value, dict | list) or not value or _is_numbers(value)
    if is_leaf or (len(flat) + indent + used <= _WIDTH and _is_flat(value)):
        return flat
    inner = indent + 1
    if isinstance(value, dict):
        keys = {name: json.dumps(name, ensure_ascii=False) + ": " for name in value}
        lines = [
            keys[name] + diffable_json(each, inner, len(keys[name])) for name, each in value.items()
        ]
        opening, closing = "{}"
    else:
        lines = [diffable_json(each, inner) for each in value]
        opening, closing = "[]"
    body = ",\n".join(" " * inner + line for line in lines)
    return f"{opening}\n{body}\n{' ' * indent}{closing}"


def _is_numbers(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, int | float) for each in value)


def _is_flat(value: Any) -> bool:
    """Whether a value holds only leaves, so that its line shows one thing."""
    values = value.values() if isinstance(value, dict) else value
    return not any(isinstance(each, dict | list) and each for each in values)
