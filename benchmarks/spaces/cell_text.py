"""Cells as text: the benchmark's strings, and drawings for a terminal.

A cell is written node by node, each with its incoming edges: `|skip_connect~0|+|none~0|none~1|`,
as in NAS-Bench-201 (Dong and Yang, ICLR 2020).
"""

from benchmarks.errors import UserError, suggestion
from benchmarks.spaces.cell_type import Cell, CellType, ChosenEdge


def write_cell(cell: Cell) -> str:
    """Return the text of a cell."""
    nodes: dict[int, str] = {}
    for source, target, operation in cell:
        nodes[target] = nodes.get(target, "|") + f"{operation}~{source}|"
    return "+".join(nodes.values())


def has_form(text: str, cell_type: CellType) -> bool:
    """Return whether a text lists edges for each node of a cell, whatever edges they are."""
    nodes = text.split("+")
    are_nodes = (len(n) > 1 and n.startswith("|") and n.endswith("|") for n in nodes)
    return len(nodes) == len(cell_type.nodes) and all(are_nodes)


def read_cell(text: str, cell_type: CellType) -> Cell:
    """Return the cell of a text of the right form.

    Where `keep` is set, the edges of a node may be in any order, as in DARTS's genotypes.

    Raises:
        UserError: it is not a cell of that type; the message names the edge.
    """
    chosen: list[ChosenEdge] = []
    for target, node in zip(cell_type.nodes, text.split("+"), strict=True):
        edges = node[1:-1].split("|")
        rows = cell_type.rows_into[target]
        wanted = len(rows) if cell_type.keep is None else cell_type.keep
        if len(edges) != wanted:
            raise UserError(
                f"Node {target} of '{text}' has {len(edges)} incoming edges instead of {wanted}"
                f"{', one from each earlier node' if wanted == target else ''}."
            )
        sources = {str(cell_type.edges[row].source): row for row in rows}
        for place, edge in enumerate(edges):
            operation, _, source = edge.partition("~")
            # Where all edges are kept, each has its place.
            expected = [list(sources)[place]] if cell_type.keep is None else list(sources)
            if source not in expected:
                raise UserError(
                    f"Edge '{edge}' into node {target} should come from node "
                    f"{' or '.join(expected)}: write it as '{operation}~{expected[0]}'."
                )
            row = sources[source]
            known = [cell_type.edges[row].operations[column] for column in cell_type.allowed[row]]
            if operation not in known:
                raise UserError(
                    f"Edge '{edge}' into node {target} has the unknown operation '{operation}'."
                    f"{suggestion(operation, known)} Known: {', '.join(known)}."
                )
            chosen.append((int(source), target, operation))
    try:
        return cell_type.cell(chosen)
    except ValueError as error:  # the same edge twice
        raise UserError(f"'{text}' is not a cell: {error}.") from error


def draw_cell(cell: Cell, cell_type: CellType) -> str:
    """Draw every node with its outgoing edges, except those with `none`."""
    last = cell_type.nodes[-1]
    names = {node: str(node) for node in (*range(cell_type.inputs), *cell_type.nodes)}
    names |= {node: f"{node} (input)" for node in range(cell_type.inputs)}
    if cell_type.output == "last":
        names[last] = f"{last} (output)"
    width = max(map(len, cell_type.operations)) + 1
    lines = []
    for node in range(last):
        leaving = [
            (target, operation)
            for source, target, operation in cell
            if source == node and operation != "none"
        ]
        lines.append(names[node])
        for position, (target, operation) in enumerate(leaving, start=1):
            branch = "└" if position == len(leaving) else "├"
            lines.append(f" {branch}─ {operation + ' ':─<{width}}─▶ {names[target]}")
    if cell_type.output != "last":
        combined = {"concat": "concatenation", "mean": "mean"}[cell_type.output]
        lines.append(f"output: {combined} of {', '.join(map(str, cell_type.nodes))}")
    return "\n".join(lines)
