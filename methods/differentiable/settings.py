"""The settings that all gradient methods share. Each names its key in the protocols.

Where a field allows one value only, the loop does only that, and a protocol that asks for something
else is refused instead of being run as something that it is not.
"""

from dataclasses import dataclass, fields
from typing import Literal

from benchmarks.datasets.splits import Split
from methods.method import setting


@dataclass(frozen=True, kw_only=True)
class SupernetSettings:
    """Of the supernet, its weights, and the data that they are trained on."""

    epochs: int = setting("epochs")
    steps_per_epoch: int = setting("steps_per_epoch", default=0)
    """Steps of the weights in an epoch; 0 for one pass over their images."""
    batch_size: int = setting("batch_size")
    drop_last: Literal[False] = setting("drop_last")
    """The smaller batch at the end of a pass is trained on as well."""

    channels: int = setting("init_channels")
    cells_per_stage: int = setting("cells_per_stage")
    affine_candidates: bool = setting("bn_affine_candidates")
    affine_stem: Literal[True] = setting("bn_affine_stem")
    affine_reduction: Literal[True] = setting("bn_affine_reduction")
    affine_last: bool = setting("bn_affine_lastact")
    track_running_stats: bool = setting("bn_track_running_stats")
    convolution_bias: bool = setting("conv_bias")

    weight_optimizer: Literal["sgd"] = setting("w_optimizer")
    weight_lr: float = setting("w_lr")
    weight_lr_min: float = setting("w_lr_min")
    weight_lr_schedule: Literal["cosine_epoch"] = setting("w_lr_schedule")
    weight_momentum: float = setting("w_momentum")
    weight_nesterov: bool = setting("w_nesterov")
    weight_decay: float = setting("w_weight_decay")
    weight_clip: float = setting("w_grad_clip")
    """Greatest norm of the weights' gradient; 0 for no limit."""

    data_split: Split = setting("data_split")
    cutout_length: Literal[0] = setting("cutout_length")
    drop_path: Literal[0] = setting("drop_path_prob")
    label_smoothing: float = setting("label_smoothing")

    def __post_init__(self) -> None:
        for name in ("epochs", "batch_size", "channels", "cells_per_stage"):
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
class BilevelSettings(SupernetSettings):
    """Of alpha as well, and the data that it is trained on."""

    alpha_optimizer: Literal["adam"] = setting("a_optimizer")
    alpha_lr: float = setting("a_lr")
    alpha_beta1: float = setting("a_beta1")
    alpha_beta2: float = setting("a_beta2")
    alpha_eps: float = setting("a_eps")
    alpha_weight_decay: float = setting("a_weight_decay")
    alpha_clip: float = setting("a_grad_clip")
    """Greatest norm of alpha's gradient; 0 for no limit."""
    alpha_init: Literal["normal", "zeros"] = setting("a_init")
    alpha_init_scale: float = setting("a_init_scale")
    """Standard deviation of alpha at the start, where it is normal."""

    update_order: Literal["w_then_alpha", "alpha_then_w"] = setting("update_order")
    alpha_steps_per_weight_step: Literal[1] = setting("alpha_steps_per_w_step")
    alpha_batch: Literal["cycling_iterator", "random_valid_index_per_train_index"] = setting(
        "alpha_batch_harness"
    )
    """Whether a pass shows alpha every image once, or each time one drawn from all of them."""

    measure_curvature: bool = setting("measure_curvature", default=False)
    """Record the dominant eigenvalue of the validation loss's Hessian along alpha each epoch; about
    twenty steps' time. It moves none of the search's numbers, and such runs are rows of their own.
    """

    discretize: Literal["argmax_per_edge_including_none"] = setting("discretize")
    final_architecture: Literal["last_epoch"] = setting("final_genotype")

    def __post_init__(self) -> None:
        super().__post_init__()
        if max(self.alpha_beta1, self.alpha_beta2) >= 1:
            raise ValueError("alpha_beta1 and alpha_beta2 must be below 1")
