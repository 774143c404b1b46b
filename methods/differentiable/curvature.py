"""How sharply the validation loss bends along alpha: the sign of a coming collapse.

Zela, Elsken, Saikia, Marrakchi, Brox and Hutter, "Understanding and Robustifying Differentiable
Architecture Search", ICLR 2020, section 4: the dominant eigenvalue of the Hessian of the validation
loss with respect to alpha grows before DARTS's cells get worse.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

_ITERATIONS = 50
_CLOSE = 1e-4  # relative change between two steps at which the eigenvalue counts as found


def dominant_eigenvalue(loss: Tensor, parameters: Sequence[Tensor]) -> float:
    """The eigenvalue of largest magnitude of the Hessian of `loss`, by power iteration.

    Args:
        loss: a scalar that depends on all of the parameters, its graph still there.
        parameters: the tensors that the Hessian is about, together.
    """
    gradient = torch.autograd.grad(loss, parameters, create_graph=True, materialize_grads=True)
    flat = torch.cat([each.flatten() for each in gradient])
    # A start of its own, the same each time, so that measuring moves no random numbers.
    start = torch.Generator().manual_seed(0)
    vector = torch.randn(len(flat), generator=start, dtype=flat.dtype).to(flat.device)
    vector /= vector.norm()
    eigenvalue = 0.0
    for _ in range(_ITERATIONS):
        product = torch.autograd.grad(
            flat, parameters, vector, retain_graph=True, materialize_grads=True
        )
        image = torch.cat([each.flatten() for each in product])
        earlier, eigenvalue = eigenvalue, torch.dot(vector, image).item()
        norm = image.norm()
        if norm == 0 or abs(eigenvalue - earlier) <= _CLOSE * abs(eigenvalue):
            break
        vector = image / norm
    return eigenvalue
