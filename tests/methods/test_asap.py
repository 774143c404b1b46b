"""ASAP: temperature and threshold as a table; what is pruned stays away."""

import copy
from itertools import pairwise
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch

from benchmarks.errors import UserError
from benchmarks.spaces import SPACES
from benchmarks.spaces.nas_bench_201.architecture import EDGES, OPERATIONS
from harness.contract.fake_task import FakeTask, settings_of
from harness.settings.resolution import resolve
from methods.asap import Asap
from methods.differentiable.search import BilevelSearch
from tests.methods.dispatched import Convolutions

PRUNING: dict[str, Any] = {"epochs": 20, "steps_per_epoch": 2, "alpha_lr": 0.3}
"""Twenty short epochs in which every edge comes down to one operation."""


def search_of(**changes) -> BilevelSearch:
    return BilevelSearch(Asap(), FakeTask(settings_of(Asap, **changes)))


def cold(shares, **changes) -> BilevelSearch:
    """A search after its grace whose first edge gives its operations these shares."""
    search = search_of(**changes)
    search.epoch = 30
    method = asap(search)
    with torch.no_grad():
        search.parameters["alpha"]["cell"].zero_()
        logits = torch.tensor(shares, dtype=torch.float64).log() * method.temperature(search)
        search.parameters["alpha"]["cell"][0] = logits
    return search


def asap(search: BilevelSearch) -> Asap:
    assert isinstance(search.method, Asap)
    return search.method


def schedule(name: str, epochs: int, **changes: str) -> list[tuple[float, bool]]:
    """Temperature of each epoch, and whether alpha moves."""
    overrides = {"epochs": str(epochs), **changes}
    settings = resolve(Asap, "nas-bench-201", "cifar10", name, overrides).settings
    at: Any = [
        SimpleNamespace(settings=settings, epoch=epoch, progress=epoch / epochs)
        for epoch in range(epochs)
    ]
    return [(Asap().temperature(each), Asap().alpha_trains(each)) for each in at]


@pytest.mark.parametrize(
    ("name", "epochs", "changes", "grace", "last"),
    [
        ("common", 50, {}, 10, 1.6 * 0.95**49),
        ("common", 20, {}, 4, 1.6 * 0.95**47.5),  # the same share of a shorter search
        ("quick", 20, {}, 4, 1.6 * 0.95**47.5),
        ("paper", 100, {}, 10, 1.6 * 0.95**99),  # by the epoch, as the code has it
        ("common", 50, {"temperature_start": "1.3"}, 6, 1.3 * 0.95**49),
    ],
)
def test_the_temperature_falls_and_ends_the_grace(name, epochs, changes, grace, last):
    """docs/protocols.md, section 3.6: grace in epochs 0 to 9 at T0 = 1.6, 0 to 5 at 1.3."""
    table = schedule(name, epochs, **changes)
    temperatures = [temperature for temperature, _ in table]
    assert temperatures[0] == float(changes.get("temperature_start", 1.6))
    assert temperatures[-1] == pytest.approx(last)
    ratios = {round(b / a, 12) for a, b in pairwise(temperatures)}
    assert ratios == {round(0.95 ** (1 if name == "paper" else 50 / epochs), 12)}
    assert [moves for _, moves in table] == [False] * grace + [True] * (epochs - grace)


def test_the_record_holds_temperature_threshold_and_survivors():
    task = FakeTask(settings_of(Asap, stop_early=False, **PRUNING))
    BilevelSearch(Asap(), task).run()
    assert [each["temperature"] for each in task.logged] == [
        pytest.approx(1.6 * 0.95 ** (2.5 * epoch)) for epoch in range(20)
    ]
    assert {each["threshold"] for each in task.logged} == {0.08}
    survivors = [each["survivors"] for each in task.logged]
    assert survivors[:5] == [30] * 5  # the grace, and the epoch in which alpha first moves
    assert survivors == sorted(survivors, reverse=True)
    assert len(set(survivors)) > 3  # gradually
    assert survivors[-1] == 6
    assert task.logged[-1]["entropy"] == 0


def test_alpha_stays_in_the_grace_and_moves_after_it():
    task = FakeTask(settings_of(Asap, **PRUNING))
    search = BilevelSearch(Asap(), task)
    start = search.parameters["alpha"]["cell"].detach().clone().numpy()
    search.run()
    moved = [not np.array_equal(each["arrays"]["alpha/cell"], start) for each in task.logged]
    assert moved[:6] == [False] * 4 + [True] * 2


def test_light_operations_are_pruned_and_the_rest_shares_their_weight():
    """0.4 / 5 is between 0.1 and 0.06."""
    search = cold([0.5, 0.06, 0.3, 0.04, 0.1])
    search.method.epoch_start(search)
    weights = search.mixture().weights["cell"].detach()
    assert weights[0].tolist() == pytest.approx([0.5 / 0.9, 0, 0.3 / 0.9, 0, 0.1 / 0.9])
    assert weights[1:].tolist() == [pytest.approx([0.2] * 5)] * 5
    torch.testing.assert_close(weights.sum(dim=1), torch.ones(6, dtype=torch.float64))
    expected = np.ones((6, 5), bool)
    expected[0, [1, 3]] = False
    np.testing.assert_array_equal(search.mixture().active["cell"], expected)


def test_nothing_is_pruned_in_the_grace():
    search = cold([1 - 4e-9, 1e-9, 1e-9, 1e-9, 1e-9])
    search.epoch = 9
    search.method.epoch_start(search)
    assert asap(search).survivors["cell"].all()
    search.epoch = 10
    search.method.epoch_start(search)
    assert asap(search).survivors["cell"].sum() == 26


def test_the_threshold_is_a_share_of_the_operations_that_an_edge_began_with():
    """Not of its survivors, nor divided again at each edge, as the code checked against does."""
    search = cold([0.44, 0.44, 0.04, 0.04, 0.04])
    search.method.epoch_start(search)
    assert asap(search).survivors["cell"][0].sum() == 2
    with torch.no_grad():  # 0.1 is below 0.4 / 2, and above 0.4 / 5; each edge is like the first
        alpha = search.parameters["alpha"]["cell"]
        logits = torch.tensor([0.9, 0.1], dtype=torch.float64).log()
        alpha[0, :2] = logits * asap(search).temperature(search)
        alpha[5] = alpha[0]
        alpha[5, 2:] = -9
    search.method.epoch_start(search)
    assert asap(search).survivors["cell"].sum(dim=1).tolist() == [2, 5, 5, 5, 5, 2]


def test_an_edge_keeps_its_heaviest_operation():
    search = cold([0.1, 0.2, 0.4, 0.2, 0.1], threshold_coefficient=10)
    search.method.epoch_start(search)
    alive = asap(search).survivors["cell"]
    assert alive.sum(dim=1).tolist() == [1] * 6
    assert alive[0].tolist() == [False, False, True, False, False]


def test_what_was_pruned_never_returns():
    """Whatever becomes of its alpha."""
    search = cold([0.5, 0.06, 0.3, 0.04, 0.1])
    search.method.epoch_start(search)
    with torch.no_grad():
        search.parameters["alpha"]["cell"][0, 1] = 50
    for _ in range(2):
        search.method.epoch_start(search)
        assert search.mixture().weights["cell"][0, 1] == 0
        assert not search.mixture().active["cell"][0, 1]
    assert search.method.score_edges(search)["cell"][0, 1] == -np.inf
    assert search.method.select(search).operations[0] != OPERATIONS[1]


def test_what_was_pruned_is_not_computed():
    search = search_of()
    batch = search.next_batch("search_valid")
    with torch.no_grad(), Convolutions() as whole:
        search.loss("search_valid", batch, search.mixture())
    alive = torch.zeros(6, 5, dtype=torch.bool)
    alive[:, OPERATIONS.index("skip_connect")] = True
    alive[2, OPERATIONS.index("nor_conv_3x3")] = True
    asap(search).survivors["cell"] = alive
    with torch.no_grad(), Convolutions() as pruned:
        search.loss("search_valid", batch, search.mixture())
    outside_of_cells = 1 + 2 * 3
    assert whole.forward == outside_of_cells + 3 * 6  # packed: two of a source, three sources
    assert pruned.forward == outside_of_cells + 3


def test_alpha_of_what_has_no_choice_left_stays():
    """Of what was pruned, and of an edge's only survivor: no decay, no momentum."""
    search = search_of(alpha_weight_decay=0.1, alpha_lr=0.1)
    search.epoch = 30
    train, valid = (search.next_batch(part) for part in ("search_train", "search_valid"))
    search.step_alpha(train, valid)  # so that there is momentum
    alpha = search.parameters["alpha"]["cell"]
    alive = asap(search).survivors["cell"]
    alive[0, 1:] = False
    alive[1, 3:] = False
    search.method.epoch_start(search)
    before = alpha.detach().clone()
    for _ in range(3):
        search.step_alpha(train, valid)
    moves = torch.ones(6, 5, dtype=torch.bool)
    moves[0] = False
    moves[1, 3:] = False
    assert torch.equal((alpha != before), moves)


@pytest.mark.parametrize(("stop", "epochs"), [(True, None), (False, 20)])
def test_a_search_without_choices_ends_if_the_protocol_says_so(stop, epochs):
    task = FakeTask(settings_of(Asap, stop_early=stop, **PRUNING))
    BilevelSearch(Asap(), task).run()
    survivors = [each["survivors"] for each in task.logged]
    assert survivors[-1] == 6
    if epochs is None:
        assert survivors.count(6) == 1
        assert len(survivors) < 20
    else:
        assert len(survivors) == epochs


def test_none_may_be_all_that_survives():
    """The cell is a constant then; the search goes on, and says that it collapsed."""
    search = search_of(epochs=31, stop_early=False)
    search.epoch = 30
    alive = asap(search).survivors["cell"]
    alive[:, 1:] = False
    outcome = search.run()
    assert outcome.architecture.operations == ("none",) * 6
    assert search.task.space.is_collapsed(outcome.architecture)


def test_an_edge_that_no_longer_reaches_the_output_keeps_its_heaviest_operation():
    """Its source gets nothing but `none`, so no gradient will ever decide."""
    search = search_of(epochs=33, stop_early=False)
    search.epoch = 30
    alive = asap(search).survivors["cell"]
    alive[0, 1:] = False  # into node 1
    cut_off = [number for number, (source, _) in enumerate(EDGES) if source == 1]
    valid = search.next_batch("search_valid")
    (gradient,) = search.method.alpha_gradient(search, valid, valid)
    assert gradient[cut_off].abs().max() == 0
    assert gradient[1].abs().max() > 0
    search._run_epoch()
    search.epoch += 1
    assert asap(search).survivors["cell"][cut_off].all()  # until an epoch has shown it
    heaviest = search.parameters["alpha"]["cell"].argmax(dim=1)
    search.method.epoch_start(search)
    left = asap(search).survivors["cell"]
    assert left[cut_off].sum(dim=1).eq(1).all()
    assert left[cut_off, heaviest[cut_off]].all()
    assert left[1].sum() > 1  # an edge that reaches the output has not decided yet


def test_a_resumed_search_keeps_the_mask_and_what_is_frozen():
    """Saved in the middle of an epoch in which some operations are gone."""
    first = search_of(**PRUNING)
    for _ in range(12):
        first._run_epoch()
    assert 6 < asap(first).survivors["cell"].sum() < 30
    first._step = 1
    first.task.save(first._state())
    task: Any = first.task
    again = BilevelSearch(Asap(), FakeTask(first.settings, saved=copy.deepcopy(task.saved)))
    for search in (first, again):
        search.run()
    assert torch.equal(*(each.parameters["alpha"]["cell"] for each in (first, again)))
    assert torch.equal(*(asap(each).survivors["cell"] for each in (first, again)))


def test_a_temperature_that_does_not_fall_is_a_users_mistake():
    with pytest.raises(UserError, match="temperature_start must be above 0"):
        settings_of(Asap, temperature_start=0)


def test_an_edge_keeps_an_operation_that_may_be_chosen_though_its_weight_underflows(examples):
    """In float32, at a low temperature, the excluded `none` has all of the edge's weight."""
    space = SPACES["small-cells"]
    task = FakeTask(settings_of(Asap, "small-cells"), space=space, dtype=torch.float32)
    search = BilevelSearch(Asap(), task)
    method = asap(search)
    with torch.no_grad():
        for alpha in search.parameters["alpha"].values():
            alpha.copy_(torch.tensor([40.0, 0.0, 1.0, -1.0]).expand_as(alpha))
    for alive in method.survivors.values():
        alive[:, 1] = False
    search.epoch = search.settings.epochs - 1
    method.temperature = lambda search: 0.02
    method.epoch_start(search)
    for name, alive in method.survivors.items():
        assert not alive[:, 1].any()
        assert alive[:, 2].all(), name
