"""Figures for print: a module for each picture, on a common canvas."""

from reports.figures.anytime import anytime_figure
from reports.figures.canvas import WIDTH, Picture
from reports.figures.cells import cells_figure
from reports.figures.health import health_figures
from reports.figures.seeds import seeds_figure
from reports.figures.trajectory import trajectory_figure

__all__ = [
    "WIDTH", "Picture", "anytime_figure", "cells_figure", "health_figures", "seeds_figure",
    "trajectory_figure",
]  # fmt: skip
