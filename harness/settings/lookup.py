"""Which table of protocol data a search runs under: its own, its host's, or a borrowed one."""

from collections.abc import Iterator
from dataclasses import MISSING, fields, replace

from benchmarks.datasets import dataset as dataset_named
from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from harness.settings import protocol_data
from harness.settings.names import BORROWED, PROTOCOLS
from harness.settings.protocol_data import Values
from methods.method import Method


def protocols_of(method: type[Method], space: str, dataset: str = "cifar10") -> list[str]:
    """The protocols that a method has for a search; all where every setting has a default."""
    return [
        name
        for name in PROTOCOLS
        if _has_defaults(method) or _values(method, space, dataset, name) is not None
    ]


def values(method: type[Method], space: str, dataset: str, protocol: str) -> Values:
    """The values of a method's protocol; none where the method's own defaults are all there is.

    Raises:
        UserError: the method has no such protocol for that search.
    """
    found = _values(method, space, dataset, protocol)
    if found is not None:
        return found
    if _has_defaults(method):
        return {}
    known = ", ".join(protocols_of(method, space, dataset)) or "none"
    raise UserError(
        f"{method.name} has no protocol {protocol} for {dataset} on {space}"
        f"{_why_unsupported(method, space, protocol)}. It has: {known}."
    )


def _has_defaults(method: type[Method]) -> bool:
    return all(each.default is not MISSING for each in fields(method.Settings))


def _values(method: type[Method], space: str, dataset: str, protocol: str) -> Values | None:
    """The first table that there is, its values marked as taken over unless it is the method's."""
    # A few hundred images have tables of their own: the others' steps and sizes do not suit.
    suffix = "" if dataset_named(dataset).file is None else "-few-images"
    for owner, reason in _owners(method, space, protocol):
        if protocol_data.has(f"{owner}.{protocol}{suffix}"):
            found = protocol_data.values(f"{owner}.{protocol}{suffix}")
            if "unsupported" in found:
                return None
            return {key: _taken_over(each, reason) for key, each in found.items()}
    return None


def _why_unsupported(method: type[Method], space: str, protocol: str) -> str:
    """What the protocols say of a method that no source defines on a space."""
    name = f"{space}.{method.name}.{protocol}"
    stated = protocol_data.values(name) if protocol_data.has(name) else {}
    return f" ({stated['unsupported'].value})" if "unsupported" in stated else ""


def _owners(method: type[Method], space: str, protocol: str) -> Iterator[tuple[str, str]]:
    """Whose tables may serve, as SPACE.METHOD, and why a value of theirs was chosen."""
    yield f"{space}.{method.name}", ""
    if protocol not in BORROWED:
        return
    host = getattr(method, "host", method.name)
    lender = getattr(SPACES[space], "borrows_protocols_of", None)
    if host != method.name:
        yield f"{space}.{host}", f"that of {host}"
    if lender is not None:
        yield f"{lender}.{method.name}", f"borrowed from {lender}'s protocols"
        yield f"{lender}.{host}", f"that of {host}, borrowed from {lender}'s protocols"


def _taken_over(each: protocol_data.SourcedValue, reason: str) -> protocol_data.SourcedValue:
    return replace(each, source=f"chosen: {reason} ({each.source})") if reason else each
