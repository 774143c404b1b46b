"""What identifies a trial."""

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

    Everything that may move its result is here, and nothing else: not the order of methods, paths,
    or the number of workers.
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
    truth: str
    truth_version: str
    truth_sha256: str
    arithmetic: Mapping[str, Any]
    """How the search computes: `device` is a kind of device, or 'none' where it only looks up."""
    provenance: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Where each setting's value comes from; not part of the identity."""

    @property
    def key(self) -> str:
        """The identity, as a hash of the resolved content."""
        content = asdict(self)
        del content["provenance"]
        return _digest(content)[:_KEY_DIGITS]

    @property
    def settings_digest(self) -> str:
        """Tells trials apart whose protocol has the same name but another content."""
        return _digest(dict(self.settings))[:_SETTINGS_DIGITS]


def _digest(content: Mapping[str, Any]) -> str:
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()
