"""Trials and their identities: a search, or a training from scratch."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from typing import Any, Literal

_KEY_DIGITS = 16
_SETTINGS_DIGITS = 8
_SHOWN_DIGITS = 8


@dataclass(frozen=True)
class TableIdentity:
    """What distinguishes a table from every other: its name, version and values."""

    name: str
    version: str
    sha256: str
    """Hash of its values; for trainings, of what they are made by."""

    @property
    def short(self) -> str:
        """Name and first digits of the hash, for people: NAME@1a2b3c4d."""
        return f"{self.name}@{self.sha256[:_SHOWN_DIGITS]}"


class _Identified:
    @cached_property
    def key(self) -> str:
        """The identity: a hash of the resolved content."""
        # Not `asdict`, whose deep copies take most of the time of reading a folder of results.
        content = {each.name: getattr(self, each.name) for each in fields(self)}  # type: ignore
        content.pop("provenance", None)
        return digest(content)[:_KEY_DIGITS]


@dataclass(frozen=True)
class SearchTrial(_Identified):
    """A method on a space and dataset under a protocol with a seed.

    It holds everything that may change its result, and nothing else: no order of methods, no paths,
    no number of workers, and no ground truth that the search never sees.
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
    arithmetic: Mapping[str, Any]
    """How the search computes: `device` is a kind of device, or 'none' for table lookups only."""
    table: TableIdentity | None = None
    """The table that the method scores architectures on; None for a method that does not."""
    provenance: Mapping[str, str] = field(default_factory=dict, compare=False)
    """Source of each setting's value; not part of the identity."""
    kind: Literal["search"] = "search"

    @property
    def settings_digest(self) -> str:
        """A hash that distinguishes protocols of one name but different content."""
        return digest(dict(self.settings))[:_SETTINGS_DIGITS]


@dataclass(frozen=True)
class TrainTrial(_Identified):
    """An architecture trained from scratch on a dataset by a protocol, once for each seed.

    The seeds are computed together, stacked into one network, and belong to the identity together:
    stacked and alone, a network classifies a few images differently.
    """

    space: str
    space_version: str
    architecture: str
    dataset: str
    dataset_sha256: str
    """Hash of the images."""
    noise: float
    """Of the dataset's images; see `benchmarks.datasets.Dataset`."""
    protocol: Mapping[str, Any]
    """The settings of a `benchmarks.training.protocol.TrainingProtocol`."""
    network: Mapping[str, int]
    """Its size, as keywords of `SearchSpace.network`."""
    seeds: tuple[int, ...]
    seeding: str
    """Name of the way in which seeds give random numbers."""
    arithmetic: Mapping[str, Any]
    """How the training computes, as in a search."""
    measures: Literal["accuracy", "cost"] = "accuracy"
    """The accuracies of whole trainings, or what one costs, from a few steps."""
    kind: Literal["train"] = "train"


Trial = SearchTrial | TrainTrial


def digest(content: Mapping[str, Any]) -> str:
    """Return the SHA-256 of data as JSON with sorted keys, in hexadecimal digits.

    A dataclass counts as the mapping of its fields.
    """
    text = json.dumps(content, sort_keys=True, separators=(",", ":"), default=vars)
    return hashlib.sha256(text.encode()).hexdigest()
