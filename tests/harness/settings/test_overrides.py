"""What `--set` accepts."""

import pytest

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from harness.settings import overrides
from methods.darts import FirstOrderDarts
from methods.random_search import RandomSearch


@pytest.mark.parametrize("text", ["a", "=1", "a=", ""])
def test_set_of_another_form(text):
    with pytest.raises(UserError, match=f"--set {text} is not of the form KEY=VALUE"):
        overrides.parse([text])


def test_set():
    assert overrides.parse(["a=1", "b = x=y"]) == {"a": "1", "b": "x=y"}


def test_a_setting_of_any_selected_method_may_be_set():
    overrides.check({"score_epochs": "1"}, [FirstOrderDarts, RandomSearch], SPACES)
    with pytest.raises(UserError, match="No selected method has a setting 'score_epoch'. Did you"):
        overrides.check({"score_epoch": "1"}, [FirstOrderDarts, RandomSearch], SPACES)


def test_what_a_method_always_does_cannot_be_set():
    with pytest.raises(UserError, match="drop_path cannot be set: in darts-1st it is always 0."):
        overrides.check({"drop_path": "0.3"}, [FirstOrderDarts], SPACES)
