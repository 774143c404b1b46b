"""JSON in which every changed bit is noticed: content behind its own SHA-256.

    {"sha256": "HEX", "content": CONTENT}

The digest is that of the bytes of CONTENT as they stand in the file, so a file is either exactly
what was written or refused.
"""

import hashlib
from functools import cache
from typing import Any, TypeVar

Kind = TypeVar("Kind")

_OPENING, _MIDDLE, _CLOSING = b'{"sha256": "', b'", "content": ', b"}"
_DIGEST_END = len(_OPENING) + 64
_CONTENT_START = _DIGEST_END + len(_MIDDLE)


def write_sealed(value: Any, indent: int | None = None) -> bytes:
    """Serialise a dataclass as sealed JSON: one line, unless it is indented."""
    import pydantic_core

    # JSON has no NaN and no infinity; strings are read back as the floats that they were.
    return seal(pydantic_core.to_json(value, indent=indent, inf_nan_mode="strings")) + b"\n"


def read_sealed(kind: type[Kind] | Any, sealed: bytes) -> Kind:
    """Read a dataclass from sealed JSON.

    Raises:
        ValueError: the text differs from what was written, or is of another kind or version.
    """
    return read_content(kind, unseal(sealed.removesuffix(b"\n")))


def read_content(kind: type[Kind] | Any, content: bytes) -> Kind:
    """Read a dataclass from JSON; ValueError where it does not fit."""
    return _adapter(kind).validate_json(content)


def seal(content: bytes) -> bytes:
    """Put JSON text behind its SHA-256; the result is one JSON object."""
    digest = hashlib.sha256(content).hexdigest().encode()
    return _OPENING + digest + _MIDDLE + content + _CLOSING


def unseal(sealed: bytes) -> bytes:
    """Return the content of sealed JSON.

    Raises:
        ValueError: anything differs from what `seal` returned.
    """
    content = sealed[_CONTENT_START : -len(_CLOSING)]
    if seal(content) != sealed:
        raise ValueError("truncated or damaged")
    return content


@cache
def _adapter(kind: Any) -> Any:
    import pydantic

    return pydantic.TypeAdapter(kind)
