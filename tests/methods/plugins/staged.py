"""Half of the operations leave in the middle of the search, and the supernet grows.

Chen, Xie, Wu and Tian, "Progressive Differentiable Architecture Search" (P-DARTS), ICCV 2019.
"""

from dataclasses import dataclass

import numpy as np

from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import BilevelSettings
from methods.differentiable.stage import Stage


class Staged(BilevelMethod):
    """DARTS in two stages."""

    name = "staged"
    version = "1"

    @dataclass(frozen=True, kw_only=True)
    class Settings(BilevelSettings):
        """Those of DARTS, and the width of the second stage's supernet; 0 for the same one."""

        second_channels: int = 0

    def next_stage(self, search):
        """Keep the better half of each edge's operations from half of the epochs on."""
        if search.epoch != search.settings.epochs // 2:
            return None
        active = {}
        for each, scores in self.score_edges(search).items():
            best = np.argsort(-scores, axis=1, kind="stable")[:, : -(-scores.shape[1] // 2)]
            active[each] = np.zeros(scores.shape, bool)
            np.put_along_axis(active[each], best, True, axis=1)
        channels = search.settings.second_channels
        return Stage(active, {"channels": channels} if channels else {})
