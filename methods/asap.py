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
from typing import TYPE_CHECKING, Any, Literal, get_args

from benchmarks.spaces.mixture import Mixture
from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import BilevelSettings
from methods.method import setting

if TYPE_CHECKING:
    import numpy as np
    from torch import Tensor

    from methods.differentiable.search import BilevelSearch

TemperatureRule = Literal["T(e)=T0*decay**e", "T(e)=T0*decay**(50*e/epochs)"]
"""By the number of the epoch, or by the share of the search as in one of 50 epochs."""
StopEarly = Literal["every mixed op has one survivor", "never"]

_BY_EPOCH, _ = get_args(TemperatureRule)
_ALL_SINGLE, _ = get_args(StopEarly)


class Asap(BilevelMethod):
    """DARTS, first order, with a falling temperature and operations that leave for good."""

    name = "asap"
    version = "3"

    @dataclass(frozen=True, kw_only=True)
    class Settings(BilevelSettings):
        """The schedules of temperature and pruning."""

        relaxation: Literal["tempered_softmax"] = setting("a_parameterization")
        temperature_start: float = setting("temperature_0")
        temperature_decay: float = setting("temperature_decay")
        temperature_rule: TemperatureRule = setting("temperature_rule")
        grace_temperature: float = setting("grace_temperature")
        """Until it is colder, alpha stays where it is and nothing is pruned."""
        threshold_coefficient: float = setting("threshold_coefficient")
        """The threshold of a weight times the number of operations that the edge had."""
        prune_when: Literal["start of epoch, only if T<grace_temperature"] = setting("prune_when")
        renormalize: Literal[True] = setting("prune_renormalize")
        keep_at_least: Literal[1] = setting("prune_keep_at_least")
        pruned_alpha: Literal["masked forever, dropped from optimizer and forward"] = setting(
            "pruned_alpha"
        )
        stop_early_when: StopEarly = setting("stop_early_when")

        def __post_init__(self) -> None:
            super().__post_init__()
            if not (self.temperature_start > 0 and 0 < self.temperature_decay <= 1):
                raise ValueError("temperature_start must be above 0, temperature_decay in (0, 1]")

    survivors: dict[str, Tensor]
    """What is not pruned, by cell type: booleans (edges, operations) on the host."""
    _settled: dict[str, Tensor]
    """Alpha at the last pruning, where what has no choice left stays."""
    _felt: dict[str, Tensor]
    """Edges, by cell type, that had a gradient since then: booleans (edges,) beside alpha."""
    _alpha_steps: int
    """Of alpha since then."""

    def begin(self, search: BilevelSearch) -> None:
        """Everything survives."""
        alphas = {each: alpha.detach() for each, alpha in search.parameters["alpha"].items()}
        self.survivors = {each: alpha.cpu().isfinite() for each, alpha in alphas.items()}
        self._settled = {each: alpha.clone() for each, alpha in alphas.items()}
        self._forget_gradients()

    def _forget_gradients(self) -> None:
        self._felt = {each: alpha[:, 0].isnan() for each, alpha in self._settled.items()}
        self._alpha_steps = 0

    def temperature(self, search: BilevelSearch) -> float:
        """T of the epoch under way."""
        settings: Asap.Settings = search.settings
        by_epoch = settings.temperature_rule == _BY_EPOCH
        exponent = search.epoch if by_epoch else 50 * search.progress
        return settings.temperature_start * settings.temperature_decay**exponent

    def mixture(self, search: BilevelSearch) -> Mixture:
        """A softmax of alpha over T (the Gibbs-Boltzmann distribution) among the survivors."""
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

    def alpha_trains(self, search: BilevelSearch) -> bool:
        """After the grace."""
        return self.temperature(search) < search.settings.grace_temperature

    def epoch_start(self, search: BilevelSearch) -> None:
        """Prune what is below the threshold or on a cut-off edge, but for an edge's heaviest."""
        if not self.alpha_trains(search):
            return
        for each, weights in self.mixture(search).weights.items():
            found = weights.detach().cpu()
            light = found < search.settings.threshold_coefficient / found.shape[1]
            if self._alpha_steps:
                light |= ~self._felt[each].cpu()[:, None]
            light.scatter_(1, found.argmax(dim=1, keepdim=True), False)
            self.survivors[each] = self.survivors[each] & ~light
            self._settled[each] = search.parameters["alpha"][each].detach().clone()
        self._forget_gradients()

    def alpha_stepped(self, search: BilevelSearch) -> None:
        """Weight decay and momentum move nothing that was pruned, nor an edge's only survivor."""
        self._alpha_steps += 1
        for each, alpha in search.parameters["alpha"].items():
            assert alpha.grad is not None  # a step was just taken along it
            self._felt[each] |= alpha.grad.ne(0).any(dim=1)
            alive = self.survivors[each]
            moves = (alive & (alive.sum(dim=1, keepdim=True) > 1)).to(alpha.device)
            alpha.data.copy_(alpha.data.where(moves, self._settled[each]))

    def scores(self, search: BilevelSearch) -> dict[str, np.ndarray]:
        """Alpha of the survivors."""
        return {
            each: alpha.detach().cpu().masked_fill(~self.survivors[each], float("-inf")).numpy()
            for each, alpha in search.parameters["alpha"].items()
        }

    def measured(self, search: BilevelSearch) -> dict[str, float]:
        """The schedules, and how many operations are left on all edges."""
        operations = max(alive.shape[1] for alive in self.survivors.values())
        return {
            **super().measured(search),
            "temperature": self.temperature(search),
            "threshold": search.settings.threshold_coefficient / operations,
            "survivors": sum(int(alive.sum()) for alive in self.survivors.values()),
        }

    def is_over(self, search: BilevelSearch) -> bool:
        """When no edge has a choice left, if the settings say so."""
        single = all((alive.sum(dim=1) == 1).all() for alive in self.survivors.values())
        return single and search.settings.stop_early_when == _ALL_SINGLE

    def state(self) -> dict[str, Any]:
        """Who survives, and which edges still have a say."""
        return {
            "survivors": self.survivors,
            "settled": self._settled,
            "felt": self._felt,
            "alpha_steps": self._alpha_steps,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on with the same."""
        self._alpha_steps = state["alpha_steps"]
        for each, alive in state["survivors"].items():
            self.survivors[each] = alive.clone()
            self._settled[each].copy_(state["settled"][each])
            self._felt[each].copy_(state["felt"][each])
