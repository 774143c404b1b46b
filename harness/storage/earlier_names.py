"""Files whose fields were named when accuracy was the only metric."""

from benchmarks.metric import EARLIER_NAMES

_KEYS = {f'"{old}":'.encode(): f'"{new}":'.encode() for old, new in EARLIER_NAMES.items()}


def with_current_names(content: bytes) -> bytes:
    """Return JSON with today's names of fields.

    Values stay as they are: a quotation mark in a JSON string is escaped, so what is replaced can
    only be a key.
    """
    for old, new in _KEYS.items():
        content = content.replace(old, new)
    return content
