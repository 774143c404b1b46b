import pytest

from benchmarks.errors import UserError
from benchmarks.registry import Registry


def test_entries_are_imported_on_first_use():
    registry = Registry("thing", {"pi": "math:pi", "broken": "no.such.module:x"})
    assert list(registry) == ["pi", "broken"]
    assert registry["pi"] == 3.141592653589793
    with pytest.raises(ModuleNotFoundError):
        registry["broken"]


def test_unknown_names_get_a_suggestion_and_the_list():
    registry = Registry("thing", {"random-search": "a:b", "asap": "a:c"})
    with pytest.raises(UserError) as caught:
        registry["randomsearch"]
    assert str(caught.value) == (
        "Unknown thing 'randomsearch'. Did you mean 'random-search'? Known: asap, random-search."
    )


def test_a_name_is_taken_once():
    registry = Registry("thing", {"pi": "math:pi"})
    registry.add("e", "math:e")
    with pytest.raises(ValueError, match="'pi' is already registered as math:pi"):
        registry.add("pi", "math:tau")
