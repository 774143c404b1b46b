"""The settings that a user gives with `--set KEY=VALUE`."""

from collections.abc import Iterable, Mapping
from dataclasses import fields
from itertools import product

from benchmarks.errors import UserError, suggestion
from benchmarks.spaces import SPACES
from methods.method import Method, facts_of, settings_class


def parse(texts: Iterable[str]) -> dict[str, str]:
    """Read the `KEY=VALUE` of `--set`.

    Raises:
        UserError: one has another form.
    """
    overrides = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not (key and equals and value):
            raise UserError(f"--set {text} is not of the form KEY=VALUE.")
        overrides[key.strip()] = value.strip()
    return overrides


def check(
    overrides: Mapping[str, str], methods: Iterable[type[Method]], spaces: Iterable[str]
) -> None:
    """Check that each override is a setting of at least one method on one of the spaces.

    Raises:
        UserError: one is a setting of none of them.
    """
    methods = list(methods)
    known = {
        field.name
        for method, space in product(methods, spaces)
        for field in fields(settings_class(method, SPACES[space]))
    }
    fixed = {key: (method, fact) for method in methods for key, fact in facts_of(method).items()}
    for key in overrides.keys() - known:
        if key in fixed:
            method, fact = fixed[key]
            raise UserError(f"{key} cannot be set: in {method.name} it is always {fact}.")
        raise UserError(
            f"No selected method has a setting '{key}'.{suggestion(key, known)} "
            f"Settings here: {', '.join(sorted(known)) or 'none'}."
        )
