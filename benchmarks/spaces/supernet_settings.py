"""What is chosen about a supernet: by the space its size, by the method its variant."""

from dataclasses import dataclass
from typing import Literal, Protocol

ConvolutionInit = Literal["pytorch_default", "kaiming_normal_fan_out_relu"]
"""Uniform in +/- 1 / sqrt(fan_in), or normal with variance 2 / fan_out (He et al., 2015)."""


class SupernetSettings(Protocol):
    """A space's settings of a search: a frozen dataclass, each field a key of the protocols.

    `__post_init__` raises ValueError for values that do not fit.
    """

    @property
    def channels(self) -> int:
        """Width of the first cell."""
        ...

    @property
    def cells(self) -> int:
        """Number of cells."""
        ...

    @classmethod
    def short(cls, channels: int) -> dict[str, int]:
        """Return the settings of the smallest supernet that is still one of the space."""
        ...


@dataclass(frozen=True, kw_only=True)
class SupernetVariant:
    """What a method changes about a supernet, whatever its space."""

    partial: int = 1
    """K: operations see the first 1/K of the channels, the rest bypasses them (PC-DARTS)."""
    convolution_init: ConvolutionInit = "pytorch_default"
    """Initialisation of convolutions; the classifier has PyTorch's default."""

    def __post_init__(self) -> None:
        if self.partial < 1:
            raise ValueError("partial must be at least 1")

    def width(self, channels: int) -> int:
        """Return the number of channels that operations see; ValueError if it is not whole."""
        if channels % self.partial:
            raise ValueError(f"channels = {channels} is not divisible by partial = {self.partial}")
        return channels // self.partial
