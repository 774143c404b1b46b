"""The options in which a space's published supernets differ, chosen by a method."""

from dataclasses import dataclass
from typing import Literal

ConvolutionInit = Literal["pytorch_default", "kaiming_normal_fan_out_relu"]
"""Uniform in +/- 1 / sqrt(fan_in), or normal with variance 2 / fan_out (He et al., 2015)."""


@dataclass(frozen=True, kw_only=True)
class SupernetOptions:
    """The size of a supernet, and how its candidate operations are built.

    Raises:
        ValueError: a size is not positive, or `partial` does not divide the channels.
    """

    channels: int = 16
    """Width of the first stage."""
    cells_per_stage: int = 5
    affine_candidates: bool = False
    """Whether BatchNorm in the candidate operations has a scale and a shift."""
    affine_last: bool = True
    """The same for the BatchNorm before the classifier."""
    track_running_stats: bool = False
    """Whether the candidates keep running statistics; if not, evaluation uses the batch's."""
    convolution_bias: bool = False
    """Whether the candidates' convolutions have a bias, as in NATS-Bench's code."""
    partial: int = 1
    """K: operations see the first 1/K of the channels, the rest bypasses them (PC-DARTS)."""
    convolution_init: ConvolutionInit = "pytorch_default"
    """Initialisation of convolutions; the classifier has PyTorch's default."""

    def __post_init__(self) -> None:
        if min(self.channels, self.cells_per_stage, self.partial) < 1:
            raise ValueError("channels, cells_per_stage and partial must be at least 1")
        if self.channels % self.partial:
            raise ValueError(
                f"channels = {self.channels} is not divisible by partial = {self.partial}"
            )
