"""JSON in which every changed bit is noticed: content behind its own SHA-256.

    {"sha256": "HEX", "content": CONTENT}

The digest is that of the bytes of CONTENT as they stand in the file, so a file is either exactly
what was written or refused.
"""

import hashlib

_OPENING, _MIDDLE, _CLOSING = b'{"sha256": "', b'", "content": ', b"}"
_DIGEST_END = len(_OPENING) + 64
_CONTENT_START = _DIGEST_END + len(_MIDDLE)


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
