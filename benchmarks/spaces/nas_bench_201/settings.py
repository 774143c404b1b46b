"""The settings of a search that are NAS-Bench-201's: size and variants of its supernet."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class SupernetSettings:
    """The size of a supernet, and how its candidate operations are built.

    Raises:
        ValueError: a size is not positive.
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

    def __post_init__(self) -> None:
        for name in ("channels", "cells_per_stage"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1")

    @property
    def cells(self) -> int:
        """Three stages of cells."""
        return 3 * self.cells_per_stage

    @classmethod
    def short(cls, channels: int) -> dict[str, int]:
        """One cell in each stage."""
        return {"channels": channels, "cells_per_stage": 1}
