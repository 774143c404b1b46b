"""Random features: only BatchNorm is trained, convolutions stay what they were drawn to be.

Paper: Zhang, Li, Zhang, Wang and Sun, "Differentiable Architecture Search with Random Features"
(arXiv 2208.08835, CVPR 2023).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, ClassVar

from benchmarks.spaces.supernet_settings import ConvolutionInit, SupernetVariant
from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import BilevelSettings

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class RandomFeatureSettings(BilevelSettings):
    """What the paper's abstract says, and switches for what it leaves open.

    Only the abstract could be read here ("only training BatchNorm"); docs/protocols.md, section 7,
    asks for the rest.
    """

    train_classifier: bool
    """Off: the literal reading of the abstract."""
    convolution_init: ConvolutionInit
    """BatchNorm after a convolution takes its scale out. It does not for the shortcut of a residual
    block and the classifier, nor does it for a bias."""
    decay_batch_norm: bool
    """On: the host's weight decay acts on everything that it trains."""

    def __post_init__(self) -> None:
        super().__post_init__()
        if not getattr(self, "affine_candidates", True):  # a setting of the space's supernet
            raise ValueError("affine_candidates must be on: BatchNorm is all that is trained")


class RandomFeatures(BilevelMethod):
    """A gradient method whose supernet is random but for BatchNorm's scale and shift."""

    facts: ClassVar[Mapping[str, Any]] = {
        "trainable": "batch_norm",
        "batch_norm_scale": 1,
        "batch_norm_shift": 0,
        "redraw_weights": False,  # they are drawn once in a search
    }
    Settings: type = RandomFeatureSettings

    def variant(self, settings: Any) -> SupernetVariant:
        """How the weights are drawn matters here, since they stay."""
        return replace(super().variant(settings), convolution_init=settings.convolution_init)

    def trains(self, settings: Any, name: str, module: nn.Module) -> bool:
        """BatchNorm everywhere, in stem and residual blocks too; the classifier if asked to."""
        from torch import nn

        is_classifier = isinstance(module, nn.Linear)
        return _is_batch_norm(module) or (settings.train_classifier and is_classifier)

    def decays(self, settings: Any, name: str, module: nn.Module) -> bool:
        """Weight decay pulls a scale to 0, which turns its operation off."""
        return settings.decay_batch_norm or not _is_batch_norm(module)


def _is_batch_norm(module: nn.Module) -> bool:
    from torch import nn

    return isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d)
