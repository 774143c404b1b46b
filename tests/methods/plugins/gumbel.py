"""One operation on each edge, sampled by straight-through Gumbel-softmax.

Dong and Yang, "Searching for a Robust Neural Architecture in Four GPU Hours" (GDAS), CVPR 2019.
"""

from benchmarks.spaces.mixture import Mixture
from methods.differentiable.method import BilevelMethod


def gumbel(shape, generator):
    """Draw from the standard Gumbel distribution."""
    import torch

    return -torch.empty(shape, dtype=torch.float64).exponential_(generator=generator).log()


class Gumbel(BilevelMethod):
    """DARTS whose steps compute one sampled operation on each edge."""

    name = "gumbel"
    version = "1"

    def mixture(self, search, step):
        """Sample an operation; its weight is 1, with the gradient of the soft sample."""
        weights = {}
        for each, alpha in search.parameters["alpha"].items():
            noise = step.drawn(f"noise {each}", lambda rng, a=alpha: gumbel(a.shape, rng))
            soft = (alpha.log_softmax(-1) + noise.to(alpha)).softmax(-1)
            hard = soft.detach().ge(soft.detach().amax(-1, keepdim=True)).to(soft)
            weights[each] = hard + (soft - soft.detach())  # exactly hard
        active = {each: sample.detach().cpu().numpy() > 0.5 for each, sample in weights.items()}
        return Mixture(weights, active)
