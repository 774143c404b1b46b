"""Networks of one architecture, computed as one: copies side by side in groups of channels.

A small network costs a CPU mostly the calls of its layers, not their arithmetic, so k copies in
one call are cheaper than k calls. Each copy sees its own images and computes what it would alone.
"""

import copy
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn


def stack(networks: Sequence[nn.Module]) -> nn.Module:
    """One network that computes k of the same architecture.

    It takes (batch, k * channels, side, side), copy by copy, and returns (batch, k, classes).

    Args:
        networks: of convolutions without bias, affine BatchNorm and one linear classifier.
    """
    stacked = copy.deepcopy(networks[0])
    for name, module in list(stacked.named_modules()):
        copies = [network.get_submodule(name) for network in networks]
        if isinstance(module, nn.Conv2d):
            _replace(stacked, name, _convolution(cast(list[nn.Conv2d], copies)))
        elif isinstance(module, nn.BatchNorm2d):
            _replace(stacked, name, _batch_norm(cast(list[nn.BatchNorm2d], copies)))
        elif isinstance(module, nn.Linear):
            _replace(stacked, name, _Classifiers(cast(list[nn.Linear], copies)))
    return stacked


class _Classifiers(nn.Module):
    """A linear layer for each copy."""

    def __init__(self, layers: Sequence[nn.Linear]):
        super().__init__()
        # (copies, features, classes)
        self.weight = nn.Parameter(torch.stack([layer.weight.detach().T for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers]))

    def forward(self, features: Tensor) -> Tensor:
        """(batch, copies * features) in, (batch, copies, classes) out."""
        copies = len(self.weight)
        apart = features.view(len(features), copies, -1).transpose(0, 1)
        return (torch.bmm(apart, self.weight) + self.bias[:, None]).transpose(0, 1)


def _convolution(layers: Sequence[nn.Conv2d]) -> nn.Conv2d:
    first, count = layers[0], len(layers)
    stacked = nn.Conv2d(
        first.in_channels * count,
        first.out_channels * count,
        cast(tuple[int, int], first.kernel_size),
        cast(tuple[int, int], first.stride),
        cast(tuple[int, int], first.padding),
        groups=count,
        bias=False,
    )
    stacked.weight = nn.Parameter(torch.cat([layer.weight.detach() for layer in layers]))
    return stacked


def _batch_norm(layers: Sequence[nn.BatchNorm2d]) -> nn.BatchNorm2d:
    stacked = nn.BatchNorm2d(layers[0].num_features * len(layers))
    stacked.weight = nn.Parameter(torch.cat([layer.weight.detach() for layer in layers]))
    stacked.bias = nn.Parameter(torch.cat([layer.bias.detach() for layer in layers]))
    return stacked


def _replace(root: nn.Module, name: str, module: nn.Module) -> None:
    parent, _, last = name.rpartition(".")
    setattr(root.get_submodule(parent), last, module)
