"""What a test reads off a figure before it is printed."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from reports.trials import Group, collect

THIN, THICK = 0.8, 1.8
"""Widths of the lines of one search and of the median, in points."""


def group_of(*results: pd.DataFrame, history: pd.DataFrame) -> Group:
    (group,) = collect(pd.concat(results, ignore_index=True), history)
    return group


def points(ax: Axes, width: float) -> list[np.ndarray]:
    """The (epoch, value) pairs of the lines of one width; level lines have none."""
    shapes = [line.get_xydata() for line in ax.lines if line.get_linewidth() == width]
    return [np.asarray(shape) for shape in shapes if len(np.asarray(shape)) != 2]


def levels(ax: Axes) -> list[float]:
    """Where the lines lie that go across the panel."""
    shapes = [np.asarray(line.get_xydata()) for line in ax.lines]
    return [shape[0, 1] for shape in shapes if shape[:, 0].tolist() == [0, 1]]
