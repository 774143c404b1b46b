"""The cells that gradient searches found, drawn as graphs."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import FancyArrowPatch

from benchmarks.metric import Metric
from benchmarks.spaces import SPACES
from reports.figures.canvas import WIDTH, Entry, Picture, add_legend, picture, printed
from reports.figures.epochs import finished_in_words, rows_with_epochs
from reports.frames import done, select
from reports.groups import Group, by_row
from reports.palette import INK, Look, operation_look
from reports.wording import dataset_title, seeds_in_words

MOST = 8
"""Largest number of cells in a figure."""

_PER_LINE = 4
_NAMED_SEEDS = 6
_WORDS_WIDTH = 30  # characters that fit above a cell
_RISE = 0.6  # of an arc for each node that it passes; nodes are 1 apart
_NONE = "none"
_SHORT = {
    "skip_connect": "skip", "nor_conv_1x1": "1×1", "nor_conv_3x3": "3×3", "avg_pool_3x3": "pool",
}  # fmt: skip


@dataclass(frozen=True)
class FoundCell:
    """A cell and the searches that found it."""

    architecture: str
    finders: tuple[tuple[str, tuple[int, ...]], ...]
    """Rows with their seeds."""
    value: float
    """Test value on the search dataset."""
    parameters: float
    """Trainable parameters of the network for the search dataset."""
    collapsed: bool

    @property
    def searches(self) -> int:
        """Number of searches that found it."""
        return sum(len(seeds) for _, seeds in self.finders)


def cells_figure(group: Group) -> Picture | None:
    """Draw the most frequent cells; None if no search runs in epochs.

    Spaces that are not registered, or have several cell types, are not drawn.
    """
    if group.space not in SPACES or len(SPACES[group.space].cell_types) != 1:
        return None
    cells = found_cells(group)
    if not cells:
        return None
    shown, rest = cells[:MOST], cells[MOST:]
    number = "One cell" if len(cells) == 1 else f"{len(cells)} different cells"
    caption = (
        f"{number} found, {group.title}: {finished_in_words(group, rows_with_epochs(group))}. "
        f"Above each: test {group.metric.name} on {dataset_title(group.search_dataset)}, trainable "
        "parameters, and the searches that found it; the most frequent first. "
        "Node 0 is the cell's input, the last node its output."
    )
    if rest:
        left_out = sum(cell.searches for cell in rest)
        caption += f" Left out: {len(rest)} cells of {left_out} searches."
    with printed():
        return picture(f"cells-{group.name}", caption, draw(group.space, shown, group.metric))


def found_cells(group: Group) -> tuple[FoundCell, ...]:
    """Return the cells of searches with epochs, most frequent first, then best."""
    finished = done(group.results)
    on_search = finished["dataset"].eq(group.search_dataset)
    wanted = finished["row"].isin(rows_with_epochs(group)) & finished["architecture"].notna()
    finished = select(finished, on_search & wanted).drop_duplicates("key")
    cells = []
    for architecture, trials in finished.groupby("architecture", sort=True):
        finders = tuple((row, tuple(sorted(its["seed"]))) for row, its in by_row(trials))
        value, parameters = (float(trials[name].iat[0]) for name in ("test_value", "parameters"))
        collapsed = bool(trials["collapsed"].any())
        cells.append(FoundCell(str(architecture), finders, value, parameters, collapsed))
    return tuple(
        sorted(
            cells,
            key=lambda cell: (-cell.searches, -group.metric.sign * cell.value, cell.architecture),
        )
    )


def draw(space: str, cells: Sequence[FoundCell], metric: Metric) -> Figure:
    """Draw these cells, four per row."""
    words = [_words(cell, metric) for cell in cells]
    columns = min(_PER_LINE, len(cells))
    lines = -(-len(cells) // columns)
    height = 1.05 + 0.13 * max(text.count("\n") + 1 for text in words)
    width = WIDTH * max(columns, 3) / _PER_LINE  # the legend needs as much
    figure = Figure(figsize=(width, height * lines + 0.35), layout="constrained")
    grid = list(figure.subplots(lines, columns, squeeze=False).flat)
    for spare in grid[len(cells) :]:
        spare.remove()
    operations: list[str] = []
    for ax, cell, text in zip(grid, cells, words, strict=False):
        edges = _edges(space, cell.architecture)
        _draw_cell(ax, edges)
        ax.set_title(text, fontsize=7)
        operations += [operation for _, _, operation in edges]
    add_legend(figure, _legend(sorted(set(operations))))
    return figure


def _words(cell: FoundCell, metric: Metric) -> str:
    state = ", collapsed" if cell.collapsed else ""
    lines = [f"{metric.text(cell.value)}, {cell.parameters / 1e6:.2f} M{state}"]
    for row, seeds in cell.finders:
        which = f"seed{'s' if len(seeds) > 1 else ''} {seeds_in_words(seeds)}"
        which = which if len(seeds) <= _NAMED_SEEDS else f"{len(seeds)} searches"
        lines += textwrap.wrap(f"{row}: {which}", _WORDS_WIDTH)
    return "\n".join(lines)


def _edges(space: str, text: str) -> list[tuple[int, int, str]]:
    """Return a cell's edges as (source, target, operation)."""
    there = SPACES[space]
    ((_, cell),) = there.chosen(there.parse(text)).items()
    return list(cell)


def _draw_cell(ax: Axes, edges: Sequence[tuple[int, int, str]]) -> None:
    """Draw nodes on a line and longer edges as arcs, so that no edge hides another."""
    last = max(target for _, target, _ in edges)
    for source, target, operation in edges:
        # Arcs of neighbouring sources alternate between above and below.
        side = 1 if source % 2 == 0 else -1
        height = side * _RISE * (target - source - 1)
        _draw_edge(ax, source, target, height, operation, operation_look(operation))
        if operation != _NONE:
            arcs_leave_above = side == 1 and source + 1 < last
            _write_operation(ax, (source + target) / 2, height, operation, arcs_leave_above)
    for node in range(last + 1):
        ax.plot(node, 0, "o", color="white", markeredgecolor=INK, markersize=9, zorder=4)
        ax.text(node, 0, str(node), ha="center", va="center", fontsize=6.5, zorder=5)
    highest = _RISE * (last - 1)
    ax.set_xlim(-0.3, last + 0.3)
    ax.set_ylim(-highest / 2 - 0.3, highest + 0.3)
    ax.set_aspect("equal")
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def _draw_edge(
    ax: Axes, source: int, target: int, height: float, operation: str, look: Look
) -> None:
    faint = operation == _NONE
    ax.add_patch(
        FancyArrowPatch(
            (source, 0),
            (target, 0),
            # The arc's middle lies half as far from the straight line as its control point.
            connectionstyle=f"arc3,rad={-2 * height / (target - source)}",
            arrowstyle="-" if faint else "-|>",
            mutation_scale=6,
            shrinkA=5,
            shrinkB=5,
            color=look.colour,
            lw=0.8 if faint else 1.4,
            linestyle=look.line,
            label=operation,
            zorder=1 if faint else 2,
        )
    )


def _write_operation(ax: Axes, x: float, height: float, operation: str, below: bool) -> None:
    # On an arc the label interrupts the line; it would hide a short straight edge.
    box = {"boxstyle": "square,pad=0.15", "color": "white"} if height else None
    ax.annotate(
        _SHORT.get(operation, operation.replace("_", " ")),
        (x, height),
        xytext=(0, 0 if height else -5 if below else 5),
        textcoords="offset points",
        ha="center",
        va="center",
        fontsize=6.5,
        color=INK,
        bbox=box,
        zorder=3,
    )


def _legend(operations: Sequence[str]) -> list[Entry]:
    looks = {operation: operation_look(operation) for operation in operations}
    return [
        Line2D([], [], color=look.colour, lw=1.4, ls=look.line, label=operation)
        for operation, look in looks.items()
    ]
