"""The form of the protocol files: inheritance, sources, values by dataset."""

import pytest

from harness.settings import protocol_data
from harness.settings.protocol_data import SourcedValue

FILE = """
[host.code.weights]
source = "read: code"
epochs = 50
clip = { value = 5.0, source = "read: its paper" }
split = { value = "halves", source = "chosen: by us" }
seconds = { digits = 1, cifar10 = 2 }

[space.one.paper]
inherit = "host.code.weights"
source = "read: one"
epochs = 60

[space.two.paper]
values_of = "host.code.weights"
without = ["seconds"]
source = "read: two"

[space.three.paper]
inherit = ["space.one.paper", "space.two.paper"]

[space.four.paper]
epochs = 1

[other]
inherit = "space"

[other.two.paper]
source = "chosen: another"
epochs = 7
"""


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    (tmp_path / "space.toml").write_text(FILE)
    monkeypatch.setattr(protocol_data, "FOLDER", tmp_path)
    protocol_data._groups.cache_clear()
    yield
    protocol_data._groups.cache_clear()


def test_values_are_inherited_with_their_sources():
    found = protocol_data.values("space.one.paper")
    assert found["epochs"] == SourcedValue(60, "read: one")
    assert found["clip"] == SourcedValue(5.0, "read: its paper")
    assert found["seconds"].source == "read: code"


def test_values_alone_are_read_again_but_a_choice_stays_one():
    found = protocol_data.values("space.two.paper")
    assert found["epochs"] == SourcedValue(50, "read: two")
    assert found["clip"] == SourcedValue(5.0, "read: two")
    assert found["split"] == SourcedValue("halves", "chosen: by us")
    assert "seconds" not in found


def test_the_last_table_of_a_list_wins():
    assert protocol_data.values("space.three.paper")["epochs"] == SourcedValue(50, "read: two")


def test_a_value_may_differ_between_datasets():
    seconds = protocol_data.values("space.one.paper")["seconds"]
    assert (seconds.on("digits"), seconds.on("cifar10"), seconds.on("svhn")) == (1, 2, None)
    assert SourcedValue(3, "chosen").on("svhn") == 3


def test_a_group_may_have_the_tables_of_another():
    assert protocol_data.values("other.one.paper") == protocol_data.values("space.one.paper")
    assert protocol_data.values("other.two.paper")["epochs"].value == 7
    assert "other.one.paper" in protocol_data.names()


def test_a_value_without_a_source_is_refused():
    with pytest.raises(ValueError, match="epochs of protocol table space.four.paper has no source"):
        protocol_data.values("space.four.paper")


def test_a_table_that_is_not_there():
    assert not protocol_data.has("space.one.quick")
    with pytest.raises(KeyError, match="no protocol table space.one.quick"):
        protocol_data.values("space.one.quick")
