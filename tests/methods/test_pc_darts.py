"""PC-DARTS: part of the channels, edges with factors, an alpha that waits."""

import numpy as np
import pytest
import torch

from benchmarks.errors import UserError
from benchmarks.spaces.nas_bench_201.architecture import EDGES
from harness.contract.fake_task import FakeTask, settings_of
from harness.settings.resolution import resolve
from methods.differentiable.partial_channels import edge_softmax
from methods.differentiable.search import BilevelSearch
from methods.pc_darts import PcDarts

TARGETS = [target for _, target in EDGES]


def search_of(**changes) -> BilevelSearch:
    return BilevelSearch(PcDarts(), FakeTask(settings_of(PcDarts, **changes)))


def test_edge_factors_are_a_softmax_over_the_edges_that_enter_a_node():
    beta = torch.randn(6, dtype=torch.float64, generator=torch.Generator().manual_seed(2))
    found = edge_softmax(beta, TARGETS)
    for node, size in ((1, 1), (2, 2), (3, 3)):
        entering = torch.tensor([target == node for target in TARGETS])
        assert entering.sum() == size
        torch.testing.assert_close(found[entering], beta[entering].softmax(dim=0))
        assert found[entering].sum().item() == pytest.approx(1)


def test_edge_factors_are_numbers_however_large_beta_is():
    found = edge_softmax(torch.tensor([900.0, -900.0, 900.0, 0.0, 900.0, -900.0]), TARGETS)
    assert found.tolist() == [1, 0, 1, 0, 1, 0]


def test_their_gradient_is_right():
    beta = torch.linspace(-1, 1, 6, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(lambda each: edge_softmax(each, TARGETS), (beta,))


def test_the_supernet_multiplies_edges_by_their_factors():
    """Where one edge has all of a node's weight, the others count for nothing."""
    search = search_of()
    factors = search.mixture().edges
    assert factors is not None
    beta = search.parameters["beta"]["cell"]
    torch.testing.assert_close(factors["cell"], edge_softmax(beta, TARGETS))
    direct = EDGES.index((0, 3))
    with torch.no_grad():
        beta.fill_(-1e3)
        beta[direct] = 1e3
    valid = search.next_batch("search_valid")
    gradient, _ = search.method.alpha_gradient(search, valid, valid)
    others = [number for number in range(6) if number != direct]
    assert gradient[direct].abs().max() > 1e-6
    assert gradient[others].abs().max() == 0


def test_beta_has_a_gradient_and_takes_steps():
    search = search_of(warmup_fraction=0, epochs=1, steps_per_epoch=1)
    assert search.parameters["beta"]["cell"].shape == (6,)
    before = search.parameters["beta"]["cell"].detach().clone()
    search.run()
    entering = torch.tensor([target > 1 for target in TARGETS])  # node 1 has one edge: no choice
    assert (before != search.parameters["beta"]["cell"])[entering].all()


def test_operations_see_one_channel_in_four():
    search = search_of(channels=8)
    assert search.settings.partial == 4
    widths = [
        module.in_channels
        for name, module in search.supernet.named_modules()
        if name.startswith("cells") and isinstance(module, torch.nn.Conv2d)
    ]
    assert set(widths) == {2, 4, 8}


@pytest.mark.parametrize(("epochs", "first"), [(10, 4), (20, 7)])
def test_alpha_and_beta_wait_for_the_protocols_share_of_the_epochs(epochs, first):
    """15 of 50 epochs, as 0.3: in `quick` alpha moves from the seventh of twenty on."""
    task = FakeTask(settings_of(PcDarts, epochs=epochs, steps_per_epoch=1))
    search = BilevelSearch(PcDarts(), task)
    before = {
        f"{name}/cell": group["cell"].detach().clone().numpy()
        for name, group in search.parameters.items()
    }
    weights = [each.detach().clone() for each in search.weights]
    search.run()
    for name, start in before.items():
        moved = [not np.array_equal(each["arrays"][name], start) for each in task.logged]
        assert moved == [False] * (first - 1) + [True] * (epochs - first + 1), name
    assert not any(torch.equal(*pair) for pair in zip(weights, search.weights, strict=True))


def test_an_architecture_is_derived_from_both_weights():
    search = search_of(alpha_init_scale=1.0, beta_init_scale=1.0)
    scores = search.method.score_edges(search)["cell"]
    alpha, beta = (search.parameters[name]["cell"].detach() for name in ("alpha", "beta"))
    expected = alpha.softmax(dim=1) * edge_softmax(beta, TARGETS)[:, None]
    np.testing.assert_allclose(scores, expected.numpy(), rtol=1e-12)
    assert (scores.argmax(axis=1) == alpha.argmax(dim=1).numpy()).all()


def test_channels_that_do_not_divide_are_a_users_mistake():
    with pytest.raises(
        UserError, match="6 channels do not divide by partial = 4; choose channels as a multiple"
    ):
        resolve(PcDarts, "nas-bench-201", "cifar10", "common", {"channels": "6"})
    with pytest.raises(UserError, match="warmup_fraction must be from 0 to 1"):
        settings_of(PcDarts, warmup_fraction=15)
