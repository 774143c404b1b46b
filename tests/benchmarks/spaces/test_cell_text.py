"""Cells as text: every text of every cell is read, and no other."""

import re
from collections.abc import Iterator
from itertools import combinations, product

import numpy as np
import pytest

from benchmarks.errors import UserError
from tests.benchmarks.spaces.cell_types import TYPES, all_cells, space_of, texts_of

EACH_TYPE = pytest.mark.parametrize("cell_type", TYPES.values(), ids=TYPES)
TWO_TYPES = [TYPES["all of one input"], TYPES["two but none, concat"]]


@EACH_TYPE
def test_a_cell_is_read_back_from_its_text(cell_type):
    space = space_of(cell_type)
    for cell in all_cells(cell_type):
        built = space.build({cell_type.name: cell})
        assert space.parse(str(built)) == built
        assert space.parse(f" {built}\n") == built


@EACH_TYPE
def test_the_edges_of_a_node_are_in_any_order_unless_all_are_kept(cell_type):
    """DARTS's genotypes list them by score, those of a node that has just two as well."""
    space = space_of(cell_type)
    for cell in all_cells(cell_type)[::7]:
        for text in texts_of(cell, cell_type):
            assert space.parse(text) == space.build({cell_type.name: cell})


def test_an_architecture_of_two_types_is_read_back():
    space, rng = space_of(*TWO_TYPES), np.random.default_rng(0)
    for _ in range(50):
        architecture = space.sample(rng)
        assert re.fullmatch(r"cell=\|.*\|;reduce=\|.*\|", str(architecture))
        assert space.parse(str(architecture)) == architecture


def variations(parts: list[str]) -> Iterator[list[str]]:
    """One part is missing, there twice, or empty; two have changed places."""
    for place in range(len(parts)):
        yield [*parts[:place], *parts[place + 1 :]]
        yield [*parts[: place + 1], *parts[place:]]
        yield [*parts[:place], "", *parts[place:]]
    for one, other in combinations(range(len(parts)), 2):
        swapped = list(parts)
        swapped[one], swapped[other] = parts[other], parts[one]
        yield swapped


def mutilated(text: str) -> set[str]:
    """Varied token by token, and by the parts between each kind of separator."""
    tokens = re.findall(r"[|+~;=]|[^|+~;=]+", text)
    found = {"".join(each) for each in variations(tokens)}
    for separator in "|+~;=":
        found |= {separator.join(each) for each in variations(text.split(separator))}
    return found | {text + "~0", text + "|", "x" + text, text.replace("~0", "~00")}


@pytest.mark.parametrize(
    "types", [*([each] for each in TYPES.values()), TWO_TYPES], ids=[*TYPES, "two types"]
)
def test_a_text_that_is_no_architecture_gets_a_sentence(types):
    """A text is either one of those that an architecture has, or refused by `UserError` alone."""
    space, rng = space_of(*types), np.random.default_rng(0)
    texts = {each.name: [t for c in all_cells(each) for t in texts_of(c, each)] for each in types}
    valid = set(next(iter(texts.values())))
    if len(types) > 1:
        names = list(texts)
        valid = {
            ";".join(f"{name}={cell}" for name, cell in zip(names, cells, strict=True))
            for cells in product(*texts.values())
        }
    refused = 0
    for _ in range(3):
        for text in sorted(mutilated(str(space.sample(rng)))):
            if text in valid:
                assert str(space.parse(text)) in valid
                continue
            with pytest.raises(UserError) as caught:
                space.parse(text)
            message = str(caught.value)
            assert message.endswith(".")
            assert "\n" not in message
            refused += 1
    assert refused > 30


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("|skip~0|conv~1|", r"is not an architecture of small. Give a text such as '\|.*\|'."),
        (
            "|skip~0|conv~1|+|skip~0|skip~0|",
            "'.*' is not a cell: node 3 cannot have such an edge from node 0.",
        ),
        ("|skip~0|conv~1|+|skip~0|", "Node 3 of '.*' has 1 incoming edges instead of 2."),
        (
            "|skip~0|conv~1|+|skip~0|conv~4|",
            "Edge 'conv~4' into node 3 should come from node 0 or 1 or 2: write it as 'conv~0'.",
        ),
        (
            "|skip~0|conv~1|+|skip~0|none~1|",
            "Edge 'none~1' into node 3 has the unknown operation 'none'.* Known: pool, conv.",
        ),
        (
            "||skip~0|conv~1||+|skip~0|conv~1|",
            "Node 2 of '.*' has 4 incoming edges instead of 2",
        ),
    ],
)
def test_the_sentence_says_what_is_wrong(text, message):
    with pytest.raises(UserError, match=message):
        space_of(TYPES["two but none, concat"]).parse(text)


def test_a_type_given_twice_is_refused():
    """Else the last one would win without a word."""
    space = space_of(*TWO_TYPES)
    first, second = str(space.sample(np.random.default_rng(0))).split(";")
    with pytest.raises(UserError, match="is not an architecture of small"):
        space.parse(f"{first};{first};{second}")


@EACH_TYPE
def test_every_cell_can_be_drawn(cell_type):
    """The drawing has every edge but those with `none`, and says what the output is."""
    space = space_of(cell_type)
    for cell in all_cells(cell_type)[::7]:
        drawing = space.draw(space.build({cell_type.name: cell}))
        shown = [target for _, target, operation in cell if operation != "none"]
        assert drawing.count("▶") == len(shown)
        words = {"last": "(output)", "concat": "concatenation of", "mean": "mean of"}
        is_said = cell_type.output != "last" or cell_type.nodes[-1] in shown
        assert (words[cell_type.output] in drawing) == is_said


def test_counts_are_of_all_cells_and_operations():
    space = space_of(*TWO_TYPES)
    text = "cell=|none~0|+|conv~0|skip~1|;reduce=|skip~0|conv~1|+|skip~0|skip~2|"
    counts = {"none": 1, "skip": 4, "conv": 2, "pool": 0}
    assert space.counts(space.parse(text)) == counts
