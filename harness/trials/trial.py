"""A trial and its identity."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

_KEY_DIGITS = 16
_SETTINGS_DIGITS = 8


@dataclass(frozen=True)
class SearchTrial:
    """A method on a space and dataset under a protocol with a seed.

    It holds everything that may change its result, and nothing else: no order of methods, no paths,
    no number of workers.
    """

    method: str
    method_version: str
    space: str
    space_version: str
    search_dataset: str
    protocol: str
    overrides: str
    settings: Mapping[str, Any]
    seed: int
    table: str
    table_version: str
    table_sha256: str
    arithmetic: Mapping[str, Any]
    """How the search computes: `device` is a kind of device, or 'none' for table lookups only."""
    provenance: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Source of each setting's value; not part of the identity."""

    @property
    def key(self) -> str:
        """The identity: a hash of the resolved content."""
        content = asdict(self)
        del content["provenance"]
        return _digest(content)[:_KEY_DIGITS]

    @property
    def settings_digest(self) -> str:
        """A hash that distinguishes protocols of one name but different content."""
        return _digest(dict(self.settings))[:_SETTINGS_DIGITS]


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
