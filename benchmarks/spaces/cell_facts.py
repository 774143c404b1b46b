"""Facts about a cell as a graph: whether it learns anything, how deep and how wide it is."""

from collections.abc import Collection, Iterator

from benchmarks.spaces.cell_type import Cell, CellType

NONE = "none"
"""The operation that returns zero, so that its edge is as good as missing."""


def is_connected(cell: Cell, cell_type: CellType) -> bool:
    """Return whether a path without `none` leads from an input to the output."""
    reached = set(range(cell_type.inputs))
    for source, target, _ in _used(cell):
        if source in reached:
            reached.add(target)
    return not reached.isdisjoint(outputs(cell_type))


def learns(cell: Cell, cell_type: CellType, weightless: Collection[str]) -> bool:
    """Return whether such a path has an operation with weights."""
    reached, learned = set(range(cell_type.inputs)), set[int]()
    for source, target, operation in _used(cell):
        if source in reached:
            reached.add(target)
            if source in learned or operation not in weightless:
                learned.add(target)
    return not learned.isdisjoint(outputs(cell_type))


def depth(cell: Cell, cell_type: CellType) -> int:
    """Return the number of edges on the longest such path; 0 if there is none.

    Shu, Wang and Cai, "Understanding Architectures Learnt by Cell-based NAS", ICLR 2020, section 3.
    """
    longest = dict.fromkeys(range(cell_type.inputs), 0)
    for source, target, _ in _used(cell):
        if source in longest:
            longest[target] = max(longest.get(target, 0), longest[source] + 1)
    return max((longest.get(node, 0) for node in outputs(cell_type)), default=0)


def outputs(cell_type: CellType) -> tuple[int, ...]:
    """Return the nodes that the cell's output is made of."""
    return cell_type.nodes[-1:] if cell_type.output == "last" else cell_type.nodes


def _used(cell: Cell) -> Iterator[tuple[int, int, str]]:
    """Yield the edges in the order of their targets, so that a source is complete when read."""
    return (edge for edge in cell if edge[2] != NONE)
