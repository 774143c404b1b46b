"""Weights are trained under a random perturbation of the mixture.

Chen and Hsieh, "Stabilizing Differentiable Architecture Search via Perturbation-based
Regularization" (SDARTS), ICML 2020: the random kind.
"""

from dataclasses import dataclass, replace

from benchmarks.random_numbers import uniform
from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import BilevelSettings


class Perturbed(BilevelMethod):
    """DARTS whose weights see each mixture moved by at most epsilon, which grows."""

    name = "perturbed"
    version = "1"

    @dataclass(frozen=True, kw_only=True)
    class Settings(BilevelSettings):
        """Those of DARTS, and the bound at the end of the search."""

        last_epsilon: float = 0.3

    def mixture(self, search, step):
        """Add noise in steps of the weights only."""
        found = self.weights(search)
        epsilon = search.settings.last_epsilon * search.progress
        if step.of == "alpha" or not epsilon:
            return found
        weights = {
            each: tensor
            + epsilon
            * step.drawn(
                f"noise {each}", lambda rng, t=tensor: uniform(*t.shape, bound=1.0, rng=rng)
            ).to(tensor)
            for each, tensor in found.weights.items()
        }
        return replace(found, weights=weights)
