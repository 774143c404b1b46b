"""Scores: comparable among all edges of a node, and no two alphas alike that are not."""

from types import SimpleNamespace
from typing import Any

import numpy as np
import torch

from benchmarks.spaces.cell_type import CellType, Edge
from harness.contract.fake_task import FakeTask, settings_of
from methods.asap import Asap
from methods.darts import FirstOrderDarts
from methods.differentiable.hooks import Hooks
from methods.differentiable.search import BilevelSearch
from methods.differentiable.stage import Stage
from methods.pc_darts import PcDarts

OPERATIONS = ("skip", "conv", "pool")
CELL = CellType("cell", 2, (Edge(0, 2, OPERATIONS), Edge(1, 2, OPERATIONS)), keep=1)
ALPHA = [[3.0, 2.9, 2.8], [1.0, -3.0, -3.0]]
"""The greatest number is on the first edge, the greatest share of an edge on the second."""
BY_WEIGHT, BY_ALPHA = ((1, 2, "skip"),), ((0, 2, "skip"),)


def state_of(**parameters: Any) -> Any:
    """A `SearchState` of one node with two edges, of which it keeps one."""
    tensors = {name: torch.tensor(each, dtype=torch.float64) for name, each in parameters.items()}
    state = SimpleNamespace(
        parameters={name: {"cell": tensor} for name, tensor in tensors.items()},
        stage=Stage({"cell": np.ones(CELL.shape, bool)}),
        task=SimpleNamespace(space=SimpleNamespace(cell_types={"cell": CELL})),
    )
    state.in_double = lambda: state
    return state


def test_the_best_edge_is_the_one_of_the_greatest_weight():
    """As in DARTS @ f276dd3, cnn/model_search.py, `genotype`; raw alpha would keep the other."""
    scores = Hooks().score_edges(state_of(alpha=ALPHA))["cell"]
    np.testing.assert_allclose(scores, torch.tensor(ALPHA).double().softmax(dim=1), rtol=1e-6)
    assert CELL.derive(scores) == BY_WEIGHT
    assert CELL.derive(np.array(ALPHA)) == BY_ALPHA


def test_a_factor_of_an_edge_counts():
    """PC-DARTS's edge normalisation: here it decides for the other edge."""
    scores = PcDarts().score_edges(state_of(alpha=ALPHA, beta=[2.0, 0.0]))["cell"]
    assert CELL.derive(scores) == BY_ALPHA
    scores = PcDarts().score_edges(state_of(alpha=ALPHA, beta=[0.0, 0.0]))["cell"]
    assert CELL.derive(scores) == BY_WEIGHT


def test_asap_scores_by_alpha_itself():
    """Its rule, from UniNAS; it is not the default."""
    method, state = Asap(), state_of(alpha=ALPHA)
    method.begin(state)
    scores = method.score_edges(state)["cell"]
    np.testing.assert_array_equal(scores, ALPHA)
    assert CELL.derive(scores) == BY_ALPHA


def test_what_is_not_searched_any_more_scores_lowest():
    state = state_of(alpha=ALPHA)
    state.stage.active["cell"][1, 0] = False
    scores = Hooks().score_edges(state)["cell"]
    assert scores[1, 0] == -np.inf
    assert np.isfinite(scores).sum() == 5
    assert CELL.derive(scores) == ((1, 2, "conv"),)  # a half of its edge, now


def test_alphas_that_single_precision_cannot_tell_apart_by_weight_are_told_apart():
    """Next to each other in float32, their softmax in float32 is the same number."""
    task = FakeTask(settings_of(FirstOrderDarts), dtype=torch.float32)
    search = BilevelSearch(FirstOrderDarts(), task)
    alpha = search.parameters["alpha"]["cell"]
    low = torch.tensor(1e-3)
    with torch.no_grad():
        alpha.fill_(low.item())
        alpha[:, 3] = torch.nextafter(low, torch.tensor(1.0))
    assert alpha.dtype == torch.float32
    in_single = search.method.weights(search).weights["cell"]
    assert (in_single == in_single[:, :1]).all()
    scores = search.method.score_edges(search)["cell"]
    assert (scores.argmax(axis=1) == 3).all()
    assert (scores[:, 3] > scores[:, 4]).all()
