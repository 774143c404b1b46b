"""Initial weights of networks, drawn from a generator and equal on every processor."""

import math

import torch
from torch import Tensor, nn

from benchmarks.random_numbers import normal, uniform
from benchmarks.spaces.supernet_settings import ConvolutionInit


def initialise(
    network: nn.Module, rng: torch.Generator, convolutions: ConvolutionInit = "pytorch_default"
) -> None:
    """Draw all weights again from `rng`, since PyTorch draws them from the global generator."""
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            draw_weights(module.weight, module.bias, rng, convolutions)
        elif isinstance(module, nn.Linear):
            draw_weights(module.weight, module.bias, rng, "pytorch_default")


def draw_weights(
    weight: Tensor, bias: Tensor | None, rng: torch.Generator, init: ConvolutionInit
) -> None:
    """Draw one layer's weight (out, in, ...), and its bias (out,) with PyTorch's default."""
    bound = 1 / math.sqrt(weight[0].numel())
    if init == "kaiming_normal_fan_out_relu":
        drawn = normal(*weight.shape, rng=rng) * math.sqrt(2 / weight[:, 0].numel())
    else:
        drawn = uniform(*weight.shape, bound=bound, rng=rng)
    weight.detach().copy_(drawn)
    if bias is not None:
        bias.detach().copy_(uniform(*bias.shape, bound=bound, rng=rng))
