"""Facts about cells as graphs, against an enumeration of all paths."""

import pytest

from benchmarks.spaces import cell_facts
from tests.benchmarks.spaces.cell_types import TYPES, WEIGHTLESS, all_cells, paths, space_of

EACH_TYPE = pytest.mark.parametrize("cell_type", TYPES.values(), ids=TYPES)


@EACH_TYPE
def test_facts_are_those_of_the_paths(cell_type):
    """Connected if there is a path, learning if one has weights, as deep as the longest."""
    seen = set()
    for cell in all_cells(cell_type):
        found = list(paths(cell, cell_type))
        learns = any(set(each) - WEIGHTLESS for each in found)
        depth = max(map(len, found), default=0)
        assert cell_facts.is_connected(cell, cell_type) == bool(found)
        assert cell_facts.learns(cell, cell_type, WEIGHTLESS) == learns
        assert cell_facts.depth(cell, cell_type) == depth
        seen.add((bool(found), learns))
    # The types differ in what can be: all of it, or no cell without a path.
    assert seen >= {(True, True), (True, False)}
    assert ((False, False) in seen) == (not cell_type.exclude)


def test_an_architecture_is_collapsed_if_no_cell_learns():
    space = space_of(TYPES["all of one input"], TYPES["two but none, concat"])
    learning, skips = "|skip~0|conv~1|+|skip~0|skip~2|", "|skip~0|pool~1|+|skip~0|skip~2|"
    unreached = "|skip~0|+|none~0|none~1|"

    def is_collapsed(cell: str, reduce: str) -> bool:
        return space.is_collapsed(space.parse(f"cell={cell};reduce={reduce}"))

    assert is_collapsed(unreached, skips)
    assert not is_collapsed(unreached, learning)
    assert not is_collapsed("|none~0|+|conv~0|none~1|", skips)
