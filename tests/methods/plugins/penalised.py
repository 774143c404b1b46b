"""Alpha pays for being large, the more the longer the search lasts.

Ye, Li, Li, Chen, Fan and Ouyang, "beta-DARTS: Beta-Decay Regularization for Differentiable
Architecture Search", CVPR 2022.
"""

from dataclasses import dataclass

from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import BilevelSettings


class Penalised(BilevelMethod):
    """DARTS with beta-decay: the log-sum-exp of each edge's alpha joins alpha's loss."""

    name = "penalised"
    version = "1"

    @dataclass(frozen=True, kw_only=True)
    class Settings(BilevelSettings):
        """Those of DARTS, and the weight of the penalty at the end of the search."""

        last_penalty: float = 50.0

    def penalty(self, search):
        """Return the mean log-sum-exp over edges, times a weight that grows with the epochs."""
        alphas = search.parameters["alpha"].values()
        total = sum(alpha.logsumexp(-1).mean() for alpha in alphas)
        return search.settings.last_penalty * search.progress * total
