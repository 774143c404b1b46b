"""DARTS: alpha follows the validation loss, at the weights as they are or one step further.

Paper: Liu, Simonyan and Yang, "DARTS: Differentiable Architecture Search", ICLR 2019. In
NAS-Bench-201 (Dong and Yang, ICLR 2020, table 5, three searches on CIFAR-10), both orders: 54.30 /
15.61 / 16.32 test accuracy on CIFAR-10 / CIFAR-100 / ImageNet16-120, the cell in which every edge
is a skip.
Checked against: AutoDL-Projects @ f46486e, exps/NAS-Bench-201-algos/DARTS-V1.py and DARTS-V2.py.
Differs from that code: the norm at which the weights' gradient is clipped leaves out alpha's stale
gradient; alpha's batches show every image once a pass (`--set alpha_batch=random` draws them as
that code does). In the second order, a weight without momentum counts as zero for itself, where
that code then drops the momentum of all; weights are restored by copy, not by adding back;
BatchNorm's running statistics are left alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from benchmarks.datasets import Dataset
from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import BilevelSettings

if TYPE_CHECKING:
    from torch import Tensor

    from methods.differentiable.state import Batch, SearchState


class FirstOrderDarts(BilevelMethod):
    """DARTS, first order: one gradient step of the weights, one of alpha."""

    name = "darts-1st"
    version = "2"


class SecondOrderDarts(BilevelMethod):
    """DARTS, second order: alpha's gradient looks through one step of the weights."""

    name = "darts-2nd"
    version = "2"
    facts: ClassVar[Mapping[str, Any]] = {"order": 2, "hessian_epsilon_rule": "divided_by_norm"}

    @dataclass(frozen=True, kw_only=True)
    class Settings(BilevelSettings):
        """Shared settings, and how the second derivative is computed."""

        hessian: Literal["finite_difference", "exact"] = "finite_difference"
        """By equation 8, or by differentiating twice, for more memory. These are two estimators:
        the finite difference steps over kinks of ReLU, the exact product leaves them out. In four
        cases at C = 8, N = 1 they differed by 14, 28, 44 and 212 % of the gradient."""
        hessian_epsilon: float
        """Distance of the differences, over the norm of the gradient at the unrolled weights."""

        def __post_init__(self) -> None:
            super().__post_init__()
            if not self.hessian_epsilon:
                raise ValueError("hessian_epsilon must be above 0")

    def alpha_gradient(self, search: SearchState, train: Batch, valid: Batch) -> Sequence[Tensor]:
        """Equation 7."""
        from methods.differentiable import gradients

        settings: SecondOrderDarts.Settings = search.settings
        return gradients.unrolled(search, train, valid, settings.hessian, settings.hessian_epsilon)

    @staticmethod
    def expected_seconds(settings: Any, device: str, dataset: Dataset) -> float:
        """Estimate five passes where the first order has two."""
        return 2.5 * BilevelMethod.expected_seconds(settings, device, dataset)
