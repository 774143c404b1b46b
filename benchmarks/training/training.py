"""Training one architecture from scratch, all of its seeds at once."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from benchmarks.training.protocol import TrainingProtocol
from benchmarks.training.stacking import stack


@dataclass(frozen=True)
class Examples:
    """Images of one part of a dataset, normalised, with their labels."""

    images: Tensor
    """float32, shape (n, channels, side, side)."""
    labels: Tensor
    """int64, shape (n,)."""


@dataclass(frozen=True)
class Trained:
    """What one training left, as counts of images that were classified rightly."""

    valid: np.ndarray
    """After every epoch, shape (seeds, epochs)."""
    test: np.ndarray
    """Once, after the last epoch; shape (seeds,)."""


def train(
    build: Callable[[torch.Generator], nn.Module],
    protocol: TrainingProtocol,
    train: Examples,
    valid: Examples,
    test: Examples,
    seeds: Sequence[int],
) -> Trained:
    """Train a network once for each seed.

    Order, shifts and initial weights of a seed are those of every architecture, so architectures
    are compared on the same draws.

    Args:
        build: makes the network, drawing its initial weights from the generator.
        protocol: how it is trained.
        train: what it learns from.
        valid: evaluated after every epoch.
        test: evaluated once, at the end.
        seeds: of the trainings, which are computed together and do not depend on each other.
    """
    network = stack([build(_generator("initial weights", seed)) for seed in seeds])
    orders = [_generator("order", seed) for seed in seeds]
    shifts = [_generator("shifts", seed) for seed in seeds]
    optimiser = torch.optim.SGD(
        network.parameters(),
        lr=protocol.learning_rate,
        momentum=protocol.momentum,
        weight_decay=protocol.weight_decay,
        nesterov=True,
        fused=True,
    )
    valid, test = (
        _moved_once(part, name, protocol.shift) for part, name in ((valid, "valid"), (test, "test"))
    )
    batches = len(train.labels) // protocol.batch_size
    steps = batches * protocol.epochs
    step = 0
    curve = []
    for _ in range(protocol.epochs):
        network.train()
        # (seeds, batches, batch)
        order = torch.stack([torch.randperm(len(train.labels), generator=each) for each in orders])[
            :, : batches * protocol.batch_size
        ].view(len(seeds), batches, -1)
        for batch in order.unbind(1):
            images = _moved(train.images[batch], protocol.shift, shifts)
            for group in optimiser.param_groups:
                group["lr"] = protocol.learning_rate * (1 + math.cos(math.pi * step / steps)) / 2
            logits = network(_side_by_side(images))
            # A sum over seeds of each one's mean: no seed's gradient sees another's.
            loss = nn.functional.cross_entropy(
                logits.transpose(0, 1).flatten(0, 1), train.labels[batch].flatten(), reduction="sum"
            )
            optimiser.zero_grad()
            (loss / protocol.batch_size).backward()
            optimiser.step()
            step += 1
        curve.append(_right(network, valid, len(seeds)))
    return Trained(np.stack(curve, axis=1), _right(network, test, len(seeds)))


def _generator(part: str, seed: int) -> torch.Generator:
    """Of a part, whatever else draws: distinct parts never share a stream."""
    number = int.from_bytes(part.encode()[:4], "big")
    return torch.Generator().manual_seed((number << 24) + seed)


def _moved_once(part: Examples, name: str, most: int) -> Examples:
    """The same images for every network and seed, each moved by a draw of its own."""
    moved = _moved(part.images[None], most, [_generator(name, 0)])
    return Examples(moved[0], part.labels)


def _moved(images: Tensor, most: int, rngs: Sequence[torch.Generator]) -> Tensor:
    """Images (seeds, batch, channels, side, side), each moved by its own draw; edges repeat."""
    if not most:
        return images
    seeds, batch, channels, side, _ = images.shape
    corner = torch.stack([torch.randint(2 * most + 1, (batch, 2), generator=rng) for rng in rngs])
    steps = torch.arange(side)
    # Beyond the edge the nearest pixel stands, which for most images is background.
    rows = (corner[..., :1] - most + steps).clamp(0, side - 1)
    columns = (corner[..., 1:] - most + steps).clamp(0, side - 1)
    places = (rows[..., :, None] * side + columns[..., None, :]).view(seeds, batch, 1, -1)
    flat = images.reshape(seeds, batch, channels, -1)
    return flat.gather(3, places.expand(-1, -1, channels, -1)).view(images.shape)


def _side_by_side(images: Tensor) -> Tensor:
    """(seeds, batch, channels, side, side) to (batch, seeds * channels, side, side)."""
    return images.transpose(0, 1).flatten(1, 2)


@torch.no_grad()
def _right(network: nn.Module, part: Examples, seeds: int) -> np.ndarray:
    """How many images each seed's network classifies rightly, by running statistics."""
    network.eval()
    logits = network(part.images.repeat(1, seeds, 1, 1))
    return (logits.argmax(2) == part.labels[:, None]).sum(0).numpy()
