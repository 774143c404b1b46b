"""The settings that a method runs with: a protocol's values, the user's, and the method's defaults.

A protocol may also state what a method always does (`methods.method.facts_of`); one that asks for
something else is refused instead of being run as something that it is not.
"""

from collections.abc import Mapping
from dataclasses import MISSING, Field, asdict, dataclass, fields
from typing import Any

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from harness.settings import lookup
from harness.settings.protocol_data import Values
from methods.method import Method, facts_of, settings_class


@dataclass(frozen=True)
class ResolvedSetting:
    """One value that a trial runs with."""

    name: str
    value: Any
    provenance: str
    """'read: SOURCE', 'recalled: ...', 'derived: ...', 'chosen: ...', or 'set by the user'."""


@dataclass(frozen=True)
class Protocol:
    """A method's settings under a protocol, every override applied."""

    name: str
    settings: Any
    """An instance of the method's settings class."""
    resolved: tuple[ResolvedSetting, ...]
    overrides: str
    """The user's overrides of this method's settings, as 'KEY=VALUE,...'; '' where there are none.
    Results under an override never share a table row with the protocol's own."""


def resolve(
    method: type[Method], space: str, dataset: str, protocol: str, overrides: Mapping[str, str]
) -> Protocol:
    """Resolve the method's settings under a protocol.

    Args:
        method: the method's class.
        space: name of the search space.
        dataset: name of the search dataset.
        protocol: its name.
        overrides: the user's values by setting; those of other methods are passed over.

    Raises:
        UserError: the method has no such protocol for that search, it asks for what the method
            does not do, or a value is missing or does not fit.
    """
    values = lookup.values(method, space, dataset, protocol)
    _check_facts(method, protocol, values)
    resolved: list[ResolvedSetting] = []
    kind = settings_class(method, SPACES[space])
    for own in fields(kind):
        if own.name in overrides:
            each = ResolvedSetting(own.name, overrides[own.name], "set by the user")
        else:
            each = _of_protocol(own, values, dataset) or _of_default(own, method, space)
        if each is None:
            raise UserError(
                f"Protocol {protocol} of {method.name} has no {own.name} for a search on "
                f"{dataset}; give one with --set {own.name}=VALUE."
            )
        resolved.append(each)
    settings = _validated(method, kind, {each.name: each.value for each in resolved})
    typed = asdict(settings)
    return Protocol(
        name=protocol,
        settings=settings,
        resolved=tuple(
            ResolvedSetting(each.name, typed[each.name], each.provenance) for each in resolved
        ),
        overrides=",".join(f"{key}={typed[key]}" for key in sorted(overrides) if key in typed),
    )


def _of_protocol(own: Field, values: Values, dataset: str) -> ResolvedSetting | None:
    each = values.get(own.name)
    value = None if each is None else each.on(dataset)
    return None if each is None or value is None else ResolvedSetting(own.name, value, each.source)


def _of_default(own: Field, method: type[Method], space: str) -> ResolvedSetting | None:
    if own.default is MISSING:
        return None
    is_own = own.name in {each.name for each in fields(method.Settings)}
    owner = method.name if is_own else space
    return ResolvedSetting(own.name, own.default, f"chosen: the default of {owner}")


def _check_facts(method: type[Method], protocol: str, values: Values) -> None:
    """Raise the user's error for a protocol that asks for what the method does not do."""
    for key, fact in facts_of(method).items():
        if key in values and values[key].value != fact:
            raise UserError(
                f"Protocol {protocol} of {method.name} asks for {key} = {values[key].value}, and "
                f"{method.name} does {fact}."
            )


def _validated(method: type[Method], kind: type, values: dict[str, Any]) -> Any:
    import pydantic

    try:
        return pydantic.TypeAdapter(kind).validate_python(values)
    except pydantic.ValidationError as error:
        first = error.errors()[0]
        reason = first["msg"].removeprefix("Value error, ")
        if first["loc"]:
            name = str(first["loc"][0])
            reason = f"{name}={values[name]} does not fit: {reason}"
        raise UserError(f"{method.name}: {reason}.") from error
