"""Random features: only BatchNorm is trained, convolutions stay what they were drawn to be.

Paper: Zhang, Li, Zhang, Wang and Sun, "Differentiable Architecture Search with Random Features"
(arXiv 2208.08835, CVPR 2023).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from benchmarks.spaces.supernet_options import ConvolutionInit, SupernetOptions
from methods.differentiable.method import BilevelMethod
from methods.differentiable.settings import BilevelSettings
from methods.method import setting

if TYPE_CHECKING:
    from torch import nn


@dataclass(frozen=True, kw_only=True)
class RandomFeatureSettings(BilevelSettings):
    """What the paper's abstract says, and switches for what it leaves open.

    Only the abstract could be read here ("only training BatchNorm"); docs/protocols.md, section 7,
    asks for the rest.
    """

    affine_candidates: Literal[True] = setting("bn_affine_candidates")
    trainable: Literal["batchnorm_affine_only"] = setting("trainable")
    batch_norm_scale: Literal[1] = setting("bn_init_weight")
    batch_norm_shift: Literal[0] = setting("bn_init_bias")
    redraw_weights: Literal[False] = setting("redraw_weights")
    """The random weights are drawn once in a search."""

    train_classifier: bool = setting("train_classifier")
    """Off: the literal reading of the abstract."""
    convolution_init: ConvolutionInit = setting("conv_init")
    """BatchNorm after a convolution takes its scale out. It does not for the shortcut of a residual
    block and the classifier, nor does it for a bias."""
    decay_batch_norm: bool = setting("w_decay_on_bn")
    """On: the host's weight decay acts on everything that it trains."""


class RandomFeatures(BilevelMethod):
    """A gradient method whose supernet is random but for BatchNorm's scale and shift."""

    Settings: type = RandomFeatureSettings

    def options(self, settings: Any) -> SupernetOptions:
        """How the weights are drawn matters here, since they stay."""
        return replace(super().options(settings), convolution_init=settings.convolution_init)

    def trains(self, settings: Any, name: str, module: nn.Module) -> bool:
        """BatchNorm everywhere, in stem and residual blocks too; the classifier if asked to."""
        from torch import nn

        is_classifier = isinstance(module, nn.Linear)
        return isinstance(module, nn.BatchNorm2d) or (settings.train_classifier and is_classifier)

    def decays(self, settings: Any, name: str, module: nn.Module) -> bool:
        """Weight decay pulls a scale to 0, which turns its operation off."""
        from torch import nn

        return settings.decay_batch_norm or not isinstance(module, nn.BatchNorm2d)
