"""How alpha's gradient is computed. DARTS is Liu, Simonyan and Yang, ICLR 2019."""

# torch._foreach_* is private to the type checker: it has no other name. One call for all weights.
# pyright: reportPrivateImportUsage=false

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

import torch
from torch import Tensor

if TYPE_CHECKING:
    from methods.differentiable.state import Batch, SearchState

Hessian = Literal["finite_difference", "exact"]
"""How the unrolled gradient's second term is computed: by equation 8, or differentiating twice."""


def first_order(search: SearchState, valid: Batch) -> Sequence[Tensor]:
    """Return alpha's gradient at the current weights (DARTS, equation 6 with xi = 0)."""
    with _frozen(search.weights):
        loss = search.loss("search_valid", valid, search.mixture())
        return _gradient(search.penalised(loss), search.alphas)


def unrolled(
    search: SearchState, train: Batch, valid: Batch, hessian: Hessian, epsilon: float
) -> Sequence[Tensor]:
    """Return alpha's gradient after one more step of the weights (DARTS, equation 7).

    With w' = w - xi (momentum m + d L_train / dw + decay w) it is, at w' and at w,
    d L_valid(w', alpha) / d alpha  -  xi d^2 L_train(w, alpha) / (d alpha dw) . d L_valid / dw'.

    As in the papers' code, w' leaves out Nesterov's look-ahead and the clip. Unlike there, the
    passes leave BatchNorm's running statistics alone, since three of the four are at other weights.

    Args:
        search: gives the losses, the weights and their optimizer.
        train: the batch of the step.
        valid: the batch of the validation loss.
        hessian: how the second term is computed.
        epsilon: distance of the finite differences times the norm of d L_valid / dw'.
    """
    alphas, weights = search.alphas, search.weights
    with restored(list(search.supernet.buffers())):
        with _moved(weights, _virtual_steps(search, train)):
            loss = search.loss("search_valid", valid, search.mixture())
            gradient = _gradient(search.penalised(loss), [*alphas, *weights])
        direct, vector = gradient[: len(alphas)], gradient[len(alphas) :]
        if hessian == "exact":
            product = exact_product(search, train, vector)
        else:
            product = difference_product(search, train, vector, epsilon)
        search.advance_memory("search_valid", valid)
    xi = search.weight_optimizer.param_groups[0]["lr"]
    return [first - xi * second for first, second in zip(direct, product, strict=True)]


def exact_product(search: SearchState, train: Batch, vector: list[Tensor]) -> list[Tensor]:
    """d^2 L_train / (d alpha dw) . vector, by differentiating twice."""
    loss = search.loss("search_train", train, search.mixture(), counted=False)
    gradient = _gradient(loss, search.weights, create_graph=True)
    pairs = zip(gradient, vector, strict=True)
    return _gradient(
        torch.stack([(one * other).sum() for one, other in pairs]).sum(), search.alphas
    )


def difference_product(
    search: SearchState, train: Batch, vector: list[Tensor], epsilon: float
) -> list[Tensor]:
    """The same by central differences of alpha's gradient (DARTS, equation 8)."""
    norm = torch.stack(torch._foreach_norm(vector)).norm()
    distance = epsilon / norm.clamp_min(1e-30)  # a vector of zeros has a product of zeros

    def shifted(by: Tensor) -> list[Tensor]:
        with _frozen(search.weights), _moved(search.weights, list(torch._foreach_mul(vector, by))):
            loss = search.loss("search_train", train, search.mixture(), counted=False)
            return _gradient(loss, search.alphas)

    pairs = zip(shifted(distance), shifted(-distance), strict=True)
    return [(plus - minus) / (2 * distance) for plus, minus in pairs]


def _virtual_steps(search: SearchState, train: Batch) -> list[Tensor]:
    """What one more step would add to each weight. One without momentum yet has zero of it."""
    groups, state = search.weight_optimizer.param_groups, search.weight_optimizer.state
    mixture = search.mixture().detached()
    gradient = _gradient(search.loss("search_train", train, mixture, counted=False), search.weights)
    with torch.no_grad():
        decays = [group["weight_decay"] for group in groups for _ in group["params"]]
        steps = torch._foreach_add(gradient, torch._foreach_mul(search.weights, decays))
        for weight, step in zip(search.weights, steps, strict=True):
            momentum = state.get(weight, {}).get("momentum_buffer")
            if momentum is not None:
                step.add_(momentum, alpha=groups[0]["momentum"])
        return list(torch._foreach_mul(steps, -groups[0]["lr"]))


def _gradient(loss: Tensor, of: Sequence[Tensor], create_graph: bool = False) -> list[Tensor]:
    """Zeros where the loss does not depend on a tensor, as when all that is left is `none`."""
    if not loss.requires_grad:
        return [torch.zeros_like(each) for each in of]
    return list(torch.autograd.grad(loss, of, create_graph=create_graph, materialize_grads=True))


@contextmanager
def _frozen(weights: Sequence[Tensor]) -> Iterator[None]:
    """Compute no gradient of the weights."""
    try:
        for each in weights:
            each.requires_grad_(False)
        yield
    finally:
        for each in weights:
            each.requires_grad_(True)


@contextmanager
def _moved(weights: list[Tensor], steps: list[Tensor]) -> Iterator[None]:
    """Add to the weights in place, and restore them after."""
    with restored(weights):
        with torch.no_grad():
            torch._foreach_add_(weights, steps)
        yield


@contextmanager
def restored(tensors: Sequence[Tensor]) -> Iterator[None]:
    """Bring back what the tensors hold now by copy: adding a step back would round."""
    kept = [each.detach().clone() for each in tensors]
    try:
        yield
    finally:
        with torch.no_grad():
            for tensor, former in zip(tensors, kept, strict=True):
                tensor.copy_(former)
