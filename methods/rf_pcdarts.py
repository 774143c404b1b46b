"""RF-PCDARTS: PC-DARTS on random features.

Paper: Zhang, Li, Zhang, Wang and Sun, "Differentiable Architecture Search with Random Features"
(arXiv 2208.08835, CVPR 2023); it reports 23.9 % top-1 error on ImageNet, and nothing on
NAS-Bench-201.
Checked against: the abstract; no code of its authors is known, and the text could not be read.
Differs from the paper: unknown; what is open is that of RF-DARTS.
"""

from dataclasses import dataclass

from methods.differentiable.partial_channels import PartialChannels, PartialChannelSettings
from methods.differentiable.random_features import RandomFeatures, RandomFeatureSettings


class RfPcDarts(RandomFeatures, PartialChannels):
    """Partial channels with edge normalisation, in which only BatchNorm is trained."""

    name = "rf-pcdarts"
    version = "2"

    @dataclass(frozen=True, kw_only=True)
    class Settings(RandomFeatureSettings, PartialChannelSettings):
        """The settings of random features and of partial channels."""
