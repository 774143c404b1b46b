"""The published values, written out: every table of a space, and what becomes of each value.

A diff of the golden files shows which values an edit of the protocol files moves.
"""

import json
from dataclasses import fields
from itertools import groupby
from pathlib import Path

import pytest

from benchmarks.spaces import SPACES
from harness.settings import protocol_data
from harness.settings.names import PROTOCOLS
from harness.settings.protocol_data import Values
from methods import METHODS
from methods.method import facts_of, settings_class

GOLDEN = Path(__file__).parent / "golden"
SHARED = ("host", "method", "scale")
"""Groups of tables that are there to be inherited from."""

TABLES = [name for name in protocol_data.names() if name.split(".")[0] not in SHARED]
GROUPS = list(dict.fromkeys(name.split(".")[0] for name in TABLES))

NOT_ACTING = {
    "search_dataset": "the user names it",
    "seeds_reported": "the user names the seeds",
    "reference_alpha_batch": "the rule of the reference code, which `alpha_batch` replaces",
    "affine_pooling": "the pooling of NAS-Bench-201 has no BatchNorm",
    "frozen": "what `trainable` and `train_classifier` leave",
}
"""Values that no search reads, and why."""


def written_out(values: Values) -> list[str]:
    """A line for each value, below the source that it shares with its neighbours."""
    in_order = sorted(values.items(), key=lambda item: (item[1].source, item[0]))
    lines = []
    for source, sharing in groupby(in_order, key=lambda item: item[1].source):
        lines.append(f"  {source}")
        lines += [f"    {key} = {json.dumps(each.value)}" for key, each in sharing]
    return lines


def golden_text(group: str) -> str:
    blocks, seen = [], {}
    for name in TABLES:
        lines = tuple(written_out(protocol_data.values(name)))
        first = seen.setdefault(lines, name)
        if name.startswith(f"{group}."):
            blocks.append("\n".join([name, *(lines if first == name else [f"  as {first}"])]))
    return "\n\n".join(blocks) + "\n"


@pytest.mark.parametrize("group", GROUPS)
def test_no_published_value_moves_unnoticed(group, update_golden):
    path = GOLDEN / f"{group}.txt"
    found = golden_text(group)
    if update_golden:
        path.write_text(found)
    assert found == path.read_text()


def test_there_is_no_golden_file_too_many():
    assert {path.stem for path in GOLDEN.iterdir()} == set(GROUPS)


@pytest.mark.parametrize("name", protocol_data.names())
def test_a_source_says_how_the_value_is_known(name):
    for key, each in protocol_data.values(name).items():
        assert each.source.startswith(("read: ", "recalled: ", "derived: ", "chosen: ")), key


RUNNABLE = [
    name
    for name in TABLES
    for space, method, protocol in [name.split(".")]
    if space in SPACES and method in METHODS and protocol.removesuffix("-few-images") in PROTOCOLS
]


def test_what_can_be_run():
    assert len(RUNNABLE) == 36


@pytest.mark.parametrize("name", RUNNABLE)
def test_every_published_value_acts_or_is_known_not_to(name):
    """A value that nothing reads would be a promise that nobody keeps."""
    method = METHODS[name.split(".")[1]]
    facts = facts_of(method)
    settings = {each.name for each in fields(settings_class(method, SPACES["nas-bench-201"]))}
    for key, each in protocol_data.values(name).items():
        assert key in settings | facts.keys() | NOT_ACTING.keys()
        if key in facts:
            assert each.value == facts[key]
