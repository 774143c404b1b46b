"""Several networks of one architecture as one network: stacked, or side by side.

Stacked networks are computed with grouped convolutions. On a CPU, a small network's time goes
mostly into calling its layers and not into arithmetic, so one call for k copies is cheaper than k
calls. Each copy has its own images and computes the same function as alone.
"""

import copy
from collections.abc import Sequence
from typing import cast

import torch
from torch import Tensor, nn


def stack(networks: Sequence[nn.Module]) -> nn.Module:
    """Return one network that computes k networks of the same architecture.

    Its input has shape (batch, k * channels, side, side), grouped by copy; its output has shape
    (batch, k, classes).

    Args:
        networks: made of convolutions without bias, affine BatchNorm and one linear classifier,
            and without concatenation, which would mix up the copies.
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


class SideBySide(nn.Module):
    """The same as `stack` for any network: each copy is computed by itself."""

    def __init__(self, networks: Sequence[nn.Module]):
        super().__init__()
        self.networks = nn.ModuleList(networks)

    def forward(self, images: Tensor) -> Tensor:
        """Map (batch, copies * channels, side, side) to (batch, copies, classes)."""
        parts = images.chunk(len(self.networks), dim=1)
        outputs = [network(part) for network, part in zip(self.networks, parts, strict=True)]
        return torch.stack(outputs, dim=1)


class _Classifiers(nn.Module):
    """One linear layer per copy."""

    def __init__(self, layers: Sequence[nn.Linear]):
        super().__init__()
        # (copies, features, classes)
        self.weight = nn.Parameter(torch.stack([layer.weight.detach().T for layer in layers]))
        self.bias = nn.Parameter(torch.stack([layer.bias.detach() for layer in layers]))

    def forward(self, features: Tensor) -> Tensor:
        """Map (batch, copies * features) to (batch, copies, classes)."""
        copies = len(self.weight)
        by_copy = features.view(len(features), copies, -1).transpose(0, 1)
        return (torch.bmm(by_copy, self.weight) + self.bias[:, None]).transpose(0, 1)


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
