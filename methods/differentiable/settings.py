"""The settings that all gradient methods share; a field's name is its key in the protocols."""

from dataclasses import dataclass, fields
from typing import Literal

from benchmarks.datasets.splits import DataSplit


@dataclass(frozen=True, kw_only=True)
class WeightSettings:
    """Of the supernet's weights, and the data that they are trained on.

    The size of the supernet is a setting of the space.
    """

    epochs: int
    steps_per_epoch: int = 0
    """Steps of the weights in an epoch; 0 for one pass over their images."""
    batch_size: int

    weight_lr: float
    weight_lr_min: float
    weight_momentum: float
    weight_nesterov: bool
    weight_decay: float
    weight_clip: float
    """Greatest norm of the weights' gradient; 0 for no limit."""

    data_split: DataSplit
    label_smoothing: float

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")
        for each in fields(self):
            value = getattr(self, each.name)
            # There is no quantity in these searches that is negative or without end.
            if isinstance(value, int | float) and not 0 <= value < float("inf"):
                raise ValueError(f"{each.name} must be 0 or more, and finite")
        if self.weight_momentum >= 1:
            raise ValueError("weight_momentum must be below 1")
        if self.label_smoothing > 1:
            raise ValueError("label_smoothing must be at most 1")
        if self.weight_nesterov and not self.weight_momentum:
            raise ValueError("weight_nesterov needs a weight_momentum above 0")


@dataclass(frozen=True, kw_only=True)
class BilevelSettings(WeightSettings):
    """Of alpha as well, and the data that it is trained on."""

    alpha_lr: float
    alpha_beta1: float
    alpha_beta2: float
    alpha_eps: float
    alpha_weight_decay: float
    alpha_clip: float
    """Greatest norm of alpha's gradient; 0 for no limit."""
    alpha_init: Literal["normal", "zeros"]
    alpha_init_scale: float
    """Standard deviation of alpha at the start, where it is normal."""

    update_order: Literal["weights_first", "alpha_first"]
    """Which of the two steps that share a pair of batches is taken first."""
    alpha_batch: Literal["cycle", "random"]
    """Whether a pass shows alpha every image once, or each time one drawn from all of them."""

    measure_curvature: bool = False
    """Record the dominant eigenvalue of the validation loss's Hessian along alpha each epoch; about
    twenty steps' time. It moves none of the search's numbers, and such runs are rows of their own.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        if max(self.alpha_beta1, self.alpha_beta2) >= 1:
            raise ValueError("alpha_beta1 and alpha_beta2 must be below 1")
