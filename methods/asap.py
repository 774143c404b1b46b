"""ASAP: cool the mixture down, and prune each operation whose weight falls below a threshold.

Paper: Noy, Nayman, Ridnik, Zamir, Doveh, Friedman, Giryes and Zelnik-Manor, "ASAP: Architecture
Search, Anneal and Prune", AISTATS 2020 (arXiv 1904.04123). It has no row on NAS-Bench-201.
Checked against: UniNAS @ 1f4b38d, uninas/methods/asap.py and darts.py, the only code found.
Differs from that code: every edge has the threshold 0.4 / N, where that code divides it by N once
more at each edge; pruning waits for the grace temperature as alpha does; an edge keeps its heaviest
operation; what survives is derived, `none` included. Where edges keep `none`, others may no longer
reach the output: they have no gradient that would decide, so the heaviest of their operations stays
(UniNAS's spaces have no `none`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from benchmarks.spaces.mixture import Mixture
from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import BilevelSettings

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from methods.differentiable.state import SearchState


class Asap(BilevelMethod):
    """DARTS, first order, with a falling temperature and operations that leave for good."""

    name = "asap"
    version = "3"
    facts: ClassVar[Mapping[str, Any]] = {
        "relaxation": "tempered_softmax",
        "threshold_rule": "by_initial_operations",
        "prune_when": "epoch_start_after_grace",
        "renormalize": True,
        "keep_at_least": 1,
        "pruned_alpha": "dropped",  # out of the mixture and of the optimizer, for good
    }

    @dataclass(frozen=True, kw_only=True)
    class Settings(BilevelSettings):
        """The schedules of temperature and pruning."""

        temperature_start: float
        temperature_decay: float
        temperature_rule: Literal["by_epoch", "by_progress"]
        """T is start * decay^e, e the epoch or, by progress, 50 times the share of the search."""
        grace_temperature: float
        """Down to it, alpha is not trained and nothing is pruned."""
        threshold_coefficient: float
        """The threshold of a weight times the number of operations that the edge had."""
        stop_early: bool
        """End the search once every edge is left with one operation."""

        def __post_init__(self) -> None:
            super().__post_init__()
            if not (self.temperature_start > 0 and 0 < self.temperature_decay <= 1):
                raise ValueError("temperature_start must be above 0, temperature_decay in (0, 1]")

    survivors: dict[str, Tensor]
    """Operations that are not pruned, by cell type: booleans (edges, operations) on the host."""
    _settled: dict[str, Tensor]
    """Alpha at the last pruning; pruned operations and edges without a choice keep it."""
    _had_gradient: dict[str, Tensor]
    """Edges that had a gradient since then, by cell type: booleans (edges,) on alpha's device."""
    _alpha_steps: int
    """Steps of alpha since then."""

    def begin(self, search: SearchState) -> None:
        """Start with all operations."""
        alphas = {each: alpha.detach() for each, alpha in search.parameters["alpha"].items()}
        self.survivors = {each: alpha.cpu().isfinite() for each, alpha in alphas.items()}
        self._settled = {each: alpha.clone() for each, alpha in alphas.items()}
        self._forget_gradients()

    def _forget_gradients(self) -> None:
        self._had_gradient = {each: alpha[:, 0].isnan() for each, alpha in self._settled.items()}
        self._alpha_steps = 0

    def temperature(self, search: SearchState) -> float:
        """Return T of the current epoch."""
        settings: Asap.Settings = search.settings
        by_epoch = settings.temperature_rule == "by_epoch"
        exponent = search.epoch if by_epoch else 50 * search.progress
        return settings.temperature_start * settings.temperature_decay**exponent

    def weights(self, search: SearchState) -> Mixture:
        """Return the softmax of alpha / T (the Gibbs-Boltzmann distribution) over the survivors."""
        temperature = self.temperature(search)
        return Mixture(
            weights={
                each: (alpha / temperature)
                .masked_fill(~self.survivors[each].to(alpha.device), float("-inf"))
                .softmax(dim=-1)
                for each, alpha in search.parameters["alpha"].items()
            },
            active={each: alive.numpy() for each, alive in self.survivors.items()},
        )

    def alpha_trains(self, search: SearchState) -> bool:
        """Train alpha once the temperature is below the grace temperature."""
        return self.temperature(search) < search.settings.grace_temperature

    def epoch_start(self, search: SearchState) -> None:
        """Prune what is below the threshold or on a cut-off edge, except an edge's heaviest."""
        import torch

        if not self.alpha_trains(search):
            return
        types = search.task.space.cell_types
        for each, weights in self.weights(search).weights.items():
            found = weights.detach().cpu()
            light = found < search.settings.threshold_coefficient / found.shape[1]
            if self._alpha_steps:
                light |= ~self._had_gradient[each].cpu()[:, None]
            # An edge keeps the heaviest of the operations that an architecture may have.
            allowed = torch.tensor(types[each].allowed)
            # By alpha, since weights may underflow to 0.
            alpha = self._surviving_alpha(search, each)
            heaviest = alpha.gather(1, allowed).argmax(dim=1, keepdim=True)
            light.scatter_(1, allowed.gather(1, heaviest), False)
            self.survivors[each] = self.survivors[each] & ~light
            self._settled[each] = search.parameters["alpha"][each].detach().clone()
        self._forget_gradients()

    def alpha_stepped(self, search: SearchState) -> None:
        """Undo what weight decay and momentum did to pruned operations and only survivors."""
        self._alpha_steps += 1
        for each, alpha in search.parameters["alpha"].items():
            assert alpha.grad is not None  # a step was just taken along it
            self._had_gradient[each] |= alpha.grad.ne(0).any(dim=1)
            alive = self.survivors[each]
            moves = (alive & (alive.sum(dim=1, keepdim=True) > 1)).to(alpha.device)
            alpha.data.copy_(alpha.data.where(moves, self._settled[each]))

    def score_edges(self, search: SearchState) -> dict[str, np.ndarray]:
        """Score the survivors by alpha, as UniNAS does; edges of a node compare by it as well."""
        return {each: self._surviving_alpha(search, each).numpy() for each in self.survivors}

    def _surviving_alpha(self, search: SearchState, cell_type: str) -> Tensor:
        """Return alpha on the host, -inf where an operation is pruned."""
        alpha = search.parameters["alpha"][cell_type].detach().cpu()
        return alpha.masked_fill(~self.survivors[cell_type], float("-inf"))

    def measured(self, search: SearchState) -> dict[str, float]:
        """Return temperature, threshold and the number of operations left on all edges."""
        operations = max(alive.shape[1] for alive in self.survivors.values())
        return {
            **super().measured(search),
            "temperature": self.temperature(search),
            "threshold": search.settings.threshold_coefficient / operations,
            "survivors": sum(int(alive.sum()) for alive in self.survivors.values()),
        }

    def is_over(self, search: SearchState) -> bool:
        """Return whether every edge has one operation left, if `stop_early` is set."""
        single = all((alive.sum(dim=1) == 1).all() for alive in self.survivors.values())
        return single and search.settings.stop_early

    def state(self) -> dict[str, Any]:
        """Save the survivors, and which edges had a gradient."""
        return {
            "survivors": self.survivors,
            "settled": self._settled,
            "had_gradient": self._had_gradient,
            "alpha_steps": self._alpha_steps,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Restore what `state` returned."""
        self._alpha_steps = state["alpha_steps"]
        for each, alive in state["survivors"].items():
            self.survivors[each] = alive.clone()
            self._settled[each].copy_(state["settled"][each])
            self._had_gradient[each].copy_(state["had_gradient"][each])
