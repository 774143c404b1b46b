"""The lines of a figure, read back by a test."""

from __future__ import annotations

import numpy as np
from matplotlib.axes import Axes

THIN, THICK = 0.8, 1.8
"""Widths of the lines of one search and of the median, in points."""


def points(ax: Axes, width: float) -> list[np.ndarray]:
    """The (epoch, value) pairs of the lines of one width; level lines have none."""
    shapes = [line.get_xydata() for line in ax.lines if line.get_linewidth() == width]
    return [np.asarray(shape) for shape in shapes if len(np.asarray(shape)) != 2]


def levels(ax: Axes) -> list[float]:
    """Where the lines lie that go across the panel."""
    shapes = [np.asarray(line.get_xydata()) for line in ax.lines]
    return [shape[0, 1] for shape in shapes if shape[:, 0].tolist() == [0, 1]]
