"""Sharpened DARTS: an example of a plug-in method.

Run it beside the baselines, from anywhere:

    python -m harness run --plugin my_method.py --methods sharp-darts,darts-1st,random
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.spaces.mixture import Mixture
from methods import register
from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import BilevelSettings


@register
class SharpDarts(BilevelMethod):
    """DARTS whose softmax gets sharper from epoch to epoch."""

    name = "sharp-darts"
    version = "1"

    @dataclass(frozen=True, kw_only=True)
    class Settings(BilevelSettings):
        """The settings of the host, and one more: `--set last_temperature=0.1` changes it."""

        last_temperature: float = 0.2

        def __post_init__(self) -> None:
            super().__post_init__()
            if self.last_temperature <= 0:
                raise ValueError("last_temperature must be above 0")

    def weights(self, search):
        """Softmax of alpha over a temperature that falls from 1 towards `last_temperature`."""
        temperature = search.settings.last_temperature**search.progress
        alphas = search.parameters["alpha"]
        return Mixture(
            weights={each: (alpha / temperature).softmax(-1) for each, alpha in alphas.items()},
            active={each: np.ones(alpha.shape, bool) for each, alpha in alphas.items()},
        )
