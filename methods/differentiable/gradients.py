"""How alpha's gradient is computed. DARTS is Liu, Simonyan and Yang, ICLR 2019."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

if TYPE_CHECKING:
    from methods.differentiable.search import Batch, BilevelSearch


def first_order(search: BilevelSearch, valid: Batch) -> Sequence[Tensor]:
    """That of the validation loss at the weights as they are (DARTS, equation 6 with xi = 0)."""
    loss = search.loss("search_valid", valid, search.mixture())
    return torch.autograd.grad(loss, search.alphas)
