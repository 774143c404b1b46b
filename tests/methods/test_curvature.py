"""The dominant eigenvalue against the exact one."""

import pytest
import torch

from harness.contract.fake_task import FakeTask, settings_of
from methods.darts import FirstOrderDarts
from methods.differentiable.curvature import dominant_eigenvalue
from methods.differentiable.search import BilevelSearch


@pytest.mark.parametrize("spectrum", [[5.0, 1.0, -2.0, 0.5], [1.0, -4.0, 2.0, 0.0]])
def test_a_known_spectrum(spectrum):
    """Of a quadratic form over two tensors; the largest in magnitude may be negative."""
    rotation = torch.linalg.qr(
        torch.randn(4, 4, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    )[0]
    hessian = rotation @ torch.diag(torch.tensor(spectrum, dtype=torch.float64)) @ rotation.T
    parts = [torch.ones(3, dtype=torch.float64, requires_grad=True),
             torch.ones(1, dtype=torch.float64, requires_grad=True)]  # fmt: skip
    point = torch.cat(parts)
    found = dominant_eigenvalue(point @ hessian @ point / 2, parts)
    assert found == pytest.approx(max(spectrum, key=abs), rel=1e-3)


def test_the_hessian_of_a_supernet():
    """The exact one row by row; differences of gradients would see the kinks of ReLU as well."""
    search = BilevelSearch(FirstOrderDarts(), FakeTask(settings_of(FirstOrderDarts)))
    valid = search.next_batch("search_valid")
    alpha = search.parameters["alpha"]["cell"]

    def loss() -> torch.Tensor:
        return search.loss("search_valid", valid, search.mixture())

    (gradient,) = torch.autograd.grad(loss(), alpha, create_graph=True)
    rows = [
        torch.autograd.grad(entry, alpha, retain_graph=True)[0].flatten()
        for entry in gradient.flatten()
    ]
    exact = torch.linalg.eigvalsh(torch.stack(rows))
    found = dominant_eigenvalue(loss(), [alpha])
    assert found == pytest.approx(max(exact.tolist(), key=abs), rel=1e-2)


def test_measuring_moves_no_random_numbers():
    state = torch.get_rng_state()
    x = torch.ones(2, requires_grad=True)
    dominant_eigenvalue((x**2).sum(), [x])
    assert torch.equal(state, torch.get_rng_state())


def test_a_flat_loss_has_no_curvature():
    x = torch.ones(2, requires_grad=True)
    assert dominant_eigenvalue((0 * x**2).sum(), [x]) == 0


def test_measuring_moves_nothing_of_the_search():
    """Every epoch's record is the same but for the eigenvalue, and so are the weights."""
    ends = []
    for measure in ("false", "true"):
        settings = settings_of(FirstOrderDarts, epochs=2, steps_per_epoch=2,
                               measure_curvature=measure)  # fmt: skip
        task = FakeTask(settings)
        search = BilevelSearch(FirstOrderDarts(), task)
        search.run()
        ends.append((search.supernet.state_dict(), task.logged))
    (plain, records), (measured, with_eigenvalues) = ends
    assert all(torch.equal(plain[name], measured[name]) for name in plain)
    for record, other in zip(records, with_eigenvalues, strict=True):
        eigenvalue = other.pop("hessian_eigenvalue")
        assert eigenvalue != 0
        for unequal in ("arrays", "epoch_seconds"):
            del record[unequal], other[unequal]
        assert record == other
